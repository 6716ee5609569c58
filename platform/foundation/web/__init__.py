"""What every page and endpoint shares: request middleware, rendering, problem details, REST base, tables."""

from foundation.web.pages import redirect, render_page, toast

__all__ = ["redirect", "render_page", "toast"]
