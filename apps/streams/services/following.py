"""Who is told, of the apps above this one, that a stream has committed rows."""

from __future__ import annotations

import logging
from collections.abc import Callable
from uuid import UUID

from foundation.tenancy.models import Tenant

log = logging.getLogger("sanad.streams")
Follower = Callable[[Tenant, UUID], None]
_followers: list[Follower] = []


def register_follower(follower: Follower) -> None:
    """Be told the tenant and the stream after each commit, outside any transaction: no more than ask for work there."""
    _followers.append(follower)


def tell_followers(tenant: Tenant, stream_id: UUID) -> None:
    """The rows are committed, whatever a follower meets: who follows finds by the clock what he was not told."""
    for follower in _followers:
        try:
            follower(tenant, stream_id)
        except Exception:
            log.exception("A follower of the stream %s could not be told.", stream_id)
