"""What other parts of the portal are told of this app when it is ready."""

from __future__ import annotations


def register() -> None:
    """Nothing is heard yet; the tenant's own topic is foundation.live's."""
