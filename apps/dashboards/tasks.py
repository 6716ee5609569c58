from __future__ import annotations

from datetime import timedelta

from apps.dashboards import services
from foundation.clock import now
from foundation.jobs import periodic


@periodic(name="dashboards.forget_old_visits", every=timedelta(days=1))
def forget_old_visits() -> None:
    services.forget_old_visits(now=now())
