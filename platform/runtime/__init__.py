"""What runs inside a workload: trainer, inference server, door and keeper. Knows nothing of Django."""

import gc

VERSION = "0.1.0"
# Whoever learns or serves loads large libraries first: to look through what they made at every 700th object costs a
# fifth of that.
gc.set_threshold(50_000, 20, 20)
