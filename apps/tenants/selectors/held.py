"""What goes on just now and stands in no hourly row yet: bytes on their way in, and the cost of what runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, Sum

from apps.tenants.choices import RESOURCE_CLASSES
from apps.tenants.models import Holding, UsageSpan
from apps.tenants.selectors.prices import PriceList
from apps.tenants.selectors.usage import Month, Spent

_HOUR = timedelta(hours=1)
RUN = "run"
# Under None what is of no project.
Stored = dict[UUID | None, int]
Bytes = Callable[[UUID], Mapping[UUID, int]]
# By project: each limit at a start, and how much of it is held.
Held = dict[UUID, dict[str, Decimal]]
_coming_in: dict[str, Bytes] = {}


def register_coming_in(name: str, count: Bytes) -> None:
    """How an app above counts the bytes of a tenant, by project, that it keeps and that are not metered yet."""
    _coming_in[name] = count


def stored(*, tenant_id: UUID, project_id: UUID | None = None) -> int:
    """Bytes that count in the quota of the tenant, or of one project: see `stored_of`."""
    kept = stored_of(tenant_id)
    return sum(kept.values()) if project_id is None else kept.get(project_id, 0)


def stored_of(tenant_id: UUID) -> Stored:
    """By project, bytes of what is metered (see `choices.ThingKind`) and of what apps count besides.

    Those are files that are on their way in, and logs of runs. Archives are of no project. Who sets a quota is told
    what counts, and what does not (forms.limits.WHAT_IS_STORED).
    """
    rows = UsageSpan.objects.filter(tenant_id=tenant_id, ended_at=None, byte_count__gt=0).values("project_id")
    found = Counter[UUID | None]({row["project_id"]: int(row["n"]) for row in rows.annotate(n=Sum("byte_count"))})
    for count in _coming_in.values():
        found.update(count(tenant_id))
    return dict(found)


def bytes_kept(*, tenant_id: UUID, subject_ids: Collection[UUID]) -> dict[UUID, int]:
    """Bytes of those of these subjects that are metered just now."""
    if not subject_ids:
        return {}
    rows = UsageSpan.objects.filter(tenant_id=tenant_id, subject_id__in=subject_ids, ended_at=None, byte_count__gt=0)
    return dict(rows.values_list("subject_id", "byte_count"))


def held_of(tenant_id: UUID) -> Held:
    """By project, what runs and replicas hold of each limit at a start."""
    runs = Count("pk", filter=Q(subject_kind=RUN))
    sums = {name: Sum(name) for name in ("cpus", "memory_mb", "gpus")}
    mine = Holding.objects.filter(tenant_id=tenant_id).values("project_id")
    rows: Iterable[Any] = mine.annotate(**sums, concurrent_runs=runs)
    names = (*sums, "concurrent_runs")
    return {row["project_id"]: {name: Decimal(row[name] or 0) for name in names} for row in rows}


def held_cost(*, tenant_id: UUID, now: datetime) -> Spent:
    """AED by project of what runs: from where metering stands up to now, and the rest of each part's hour in progress.

    A part that was taken a moment ago has cost nothing yet; with its first hour many that start at once see each other.
    """
    prices, found = PriceList(tenant_id), Spent()
    since = Month.of(now).start
    for span in UsageSpan.objects.filter(tenant_id=tenant_id, ended_at=None).exclude(resource_class=""):
        length = now - max(span.metered_until, since)
        _add(found, span.project_id, prices.at(span.resource_class, now), length)
    for part in Holding.objects.filter(tenant_id=tenant_id):
        rest = _HOUR - (now - part.since) % _HOUR
        _add(found, part.project_id, prices.at(part.resource_class or _class_of(part), now), rest)
    return found


def _add(found: Spent, project_id: UUID | None, hourly: Decimal, length: timedelta) -> None:
    hours = Decimal(max(length, timedelta()) // timedelta(microseconds=1)) / (3600 * 1_000_000)
    found[project_id] = found.get(project_id, Decimal(0)) + hourly * hours


def _class_of(part: Holding) -> str:
    """The resource class of these sizes, for a part that an older release took: it did not keep the name."""
    sizes = (part.cpus, part.memory_mb, part.gpus)
    fitting = (one for one in RESOURCE_CLASSES.values() if (Decimal(str(one.cpus)), one.memory_mb, one.gpus) == sizes)
    return next((one.name for one in fitting), "")
