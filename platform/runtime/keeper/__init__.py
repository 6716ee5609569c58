"""The keeper: a process of its own that starts one workload, walls it off, watches it, and writes down how it ended.

It outlives whoever asked for it and knows nothing but the standard library.
"""
