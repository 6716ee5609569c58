"""What streams refuse, in words."""

from __future__ import annotations

from foundation.errors import PortalError


class TooLarge(PortalError):
    """More was sent at once than one request may hold."""

    status, slug = 413, "too-large"
