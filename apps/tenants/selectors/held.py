"""What goes on just now and stands in no hourly row yet: bytes on their way in, and the cost of what runs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.db.models import Sum

from apps.tenants.choices import RESOURCE_CLASSES
from apps.tenants.models import Holding, UsageSpan
from apps.tenants.selectors.prices import PriceList
from apps.tenants.selectors.usage import Month

_HOUR = timedelta(hours=1)
Bytes = Callable[[UUID, UUID | None], int]
_coming_in: dict[str, Bytes] = {}


def register_coming_in(name: str, count: Bytes) -> None:
    """How an app above counts the bytes of a tenant, or of one project, that it keeps and that are not metered yet."""
    _coming_in[name] = count


def stored(*, tenant_id: UUID, project_id: UUID | None = None) -> int:
    """Bytes of dataset versions, model versions and MLflow's files that are kept, and of what apps count themselves.

    Those are files that are on their way in, and logs of runs. Not counted are training sets, feature tables, the
    inference log and archives of the tenant: who reads a quota is told so (forms.limits.WHAT_IS_STORED).
    """
    rows = UsageSpan.objects.filter(tenant_id=tenant_id, ended_at=None, byte_count__gt=0)
    rows = rows if project_id is None else rows.filter(project_id=project_id)
    metered = int(rows.aggregate(n=Sum("byte_count"))["n"] or 0)
    return metered + sum(count(tenant_id, project_id) for count in _coming_in.values())


def held_cost(*, tenant_id: UUID, now: datetime) -> dict[UUID, Decimal]:
    """AED by project of what runs: from where metering stands up to now, and the rest of each part's hour in progress.

    A part that was taken a moment ago has cost nothing yet; with its first hour many that start at once see each other.
    """
    prices, found = PriceList(tenant_id), dict[UUID, Decimal]()
    since = Month.of(now).start
    for span in UsageSpan.objects.filter(tenant_id=tenant_id, ended_at=None).exclude(resource_class=""):
        length = now - max(span.metered_until, since)
        _add(found, span.project_id, prices.at(span.resource_class, now), length)
    for part in Holding.objects.filter(tenant_id=tenant_id):
        rest = _HOUR - (now - part.since) % _HOUR
        _add(found, part.project_id, prices.at(part.resource_class or _class_of(part), now), rest)
    return found


def _add(found: dict[UUID, Decimal], project_id: UUID, hourly: Decimal, length: timedelta) -> None:
    hours = Decimal(max(length, timedelta()) // timedelta(microseconds=1)) / (3600 * 1_000_000)
    found[project_id] = found.get(project_id, Decimal(0)) + hourly * hours


def _class_of(part: Holding) -> str:
    """The resource class of these sizes, for a part that an older release took: it did not keep the name."""
    sizes = (part.cpus, part.memory_mb, part.gpus)
    fitting = (one for one in RESOURCE_CLASSES.values() if (Decimal(str(one.cpus)), one.memory_mb, one.gpus) == sizes)
    return next((one.name for one in fitting), "")
