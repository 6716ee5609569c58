"""The front door: the one public port, which answers inference itself and passes the rest on; knows no Django."""

import gc

# As the portal's processes do (portal/__init__.py).
gc.set_threshold(50_000, 20, 20)
