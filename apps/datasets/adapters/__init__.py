"""Rows on their way out, in the formats of others; each file is made while it is read."""
