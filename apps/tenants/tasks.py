from __future__ import annotations

from datetime import timedelta

from apps.tenants import services
from foundation.clock import now
from foundation.jobs import periodic


@periodic(name="tenants.forget_expired_tokens", every=timedelta(hours=1))
def forget_expired_tokens() -> None:
    services.forget_expired_tokens(now=now())


@periodic(name="tenants.forget_ended_sessions", every=timedelta(hours=1))
def forget_ended_sessions() -> None:
    services.forget_ended_sessions(now=now())
