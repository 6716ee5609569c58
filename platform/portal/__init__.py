"""The site assembled: settings, addresses, processes."""

import gc

# Every process of the portal loads this first. What it loads next makes some hundred thousand objects that stay: to
# look through them at every 700th costs a sixth of its start.
gc.set_threshold(50_000, 20, 20)
