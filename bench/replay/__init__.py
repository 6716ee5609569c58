"""A year of flights as it happened: events, windows, values online, and the look at what was served."""
