"""Where a person is signed in, as far as the session that asks may know of it."""

from __future__ import annotations

from datetime import datetime

from django.contrib.sessions.models import Session

from apps.tenants.models import SignIn
from foundation.identity.models import ProvidedSession, User
from foundation.identity.ways import Way
from foundation.tenancy import scope

_OWN_WAY = Way()


def sessions_of(*, user: User, now: datetime, way: Way = _OWN_WAY) -> list[SignIn]:
    """Those that are open, the newest first; for whom a tenant's provider vouches, those of that provider alone."""
    allowed = session_keys_of(user=user, way=way)
    with scope(None, user_id=user.pk):
        rows = [row for row in SignIn.objects.filter(user=user) if allowed is None or row.session_key in allowed]
    keys = [row.session_key for row in rows]
    found = Session.objects.filter(session_key__in=keys, expire_date__gt=now)
    live = set(found.values_list("session_key", flat=True))
    return [row for row in rows if row.session_key in live]


def session_keys_of(*, user: User, way: Way) -> frozenset[str] | None:
    """The keys of the sessions that a session of this way may see and end; None for all of the person's."""
    if way.tenant_id is None:
        return None
    with scope(way.tenant_id):
        rows = ProvidedSession.objects.filter(tenant_id=way.tenant_id, provider_id=way.provider_id, user=user)
        return frozenset(rows.values_list("session_key", flat=True))
