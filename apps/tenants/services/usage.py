"""Metering: what goes on is counted into hours, each second once, whatever is delivered twice or dies in between.

A span remembers up to when it was metered, and moves that on in the transaction that adds to the hours. So a second
delivery of an event, a worker that was killed, and two that meter at once all come to the same sums. Times are the
database's: those at which the ledger took an event, and its clock for what still goes on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from django.db import connection, transaction
from django.db.models import QuerySet

from apps.tenants.choices import RESOURCE_CLASSES, ThingKind, UsageKind
from apps.tenants.models import UsageHour, UsageSpan
from apps.tenants.selectors.prices import PriceList
from apps.tenants.services.budgets import note_budgets
from foundation.clock import database_now
from foundation.tenancy import for_each, scope
from foundation.tenancy.models import Tenant

_HOUR = timedelta(hours=1)
_ZERO = timedelta(0)
_AT_ONCE = 500
_LAST = Decimal("0.000001")
_ADD = """
INSERT INTO tenants_usagehour (id, tenant_id, hour, project_id, person_id, thing_kind, thing_id, model_id,
                               resource_class, kind, amount, price)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (tenant_id, hour, project_id, person_id, thing_kind, thing_id, resource_class, kind)
DO UPDATE SET amount = tenants_usagehour.amount + EXCLUDED.amount,
              model_id = coalesce(EXCLUDED.model_id, tenants_usagehour.model_id)
"""
Amount = tuple[datetime, UsageKind, Decimal]


@dataclass(frozen=True, kw_only=True)
class Metered:
    """What is used: by whom, in which project, for which thing, of what size."""

    tenant_id: UUID
    project_id: UUID | None
    person_id: UUID | None
    kind: ThingKind
    thing_id: UUID
    subject_id: UUID
    model_id: UUID | None = None
    attempt: int = 0
    resource_class: str = ""
    byte_count: int = 0


@transaction.atomic
def begin_usage(what: Metered, *, at: datetime) -> None:
    """From `at` on it counts; an older attempt of the same subject ends there."""
    older = _open(what.tenant_id, what.subject_id).filter(attempt__lt=what.attempt)
    _end(older.select_for_update(), PriceList(what.tenant_id), at)
    words = {name: getattr(what, name) for name in ("project_id", "person_id", "thing_id", "model_id", "subject_id")}
    row = UsageSpan(
        tenant_id=what.tenant_id,
        **words,
        thing_kind=what.kind,
        attempt=what.attempt,
        resource_class=what.resource_class,
        byte_count=what.byte_count,
        started_at=at,
        metered_until=at,
    )
    if what.kind == ThingKind.RUN and row.model_id is None:
        row.model_id = _model_of_run(what.tenant_id, what.thing_id)
    UsageSpan.objects.bulk_create([row], ignore_conflicts=True)


def _model_of_run(tenant_id: UUID, run_id: UUID) -> UUID | None:
    """The model that was registered from it already, where that was heard first."""
    _lock_run(run_id)
    named = UsageSpan.objects.filter(tenant_id=tenant_id, thing_kind=ThingKind.RUN, thing_id=run_id)
    return named.exclude(model_id=None).values_list("model_id", flat=True).first()


def _lock_run(run_id: UUID) -> None:
    """Its begin and the name of its model are heard one after the other, in whichever order."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"usage of {run_id}"])


@transaction.atomic
def end_usage(*, tenant_id: UUID, subject_id: UUID, at: datetime) -> None:
    """It counts up to `at`; what was metered beyond, because the word of its end came late, is taken back."""
    _end(_open(tenant_id, subject_id).select_for_update(), PriceList(tenant_id), at)


@transaction.atomic
def end_usage_of_project(*, tenant_id: UUID, project_id: UUID, at: datetime) -> None:
    """Whatever a project kept or ran counts up to `at`: it is deleted. What was metered stays, since it is billed."""
    spans = UsageSpan.objects.filter(tenant_id=tenant_id, project_id=project_id, ended_at=None)
    _end(spans.select_for_update().order_by("pk"), PriceList(tenant_id), at)


@transaction.atomic
def keep_bytes(what: Metered, *, more: int, at: datetime) -> None:
    """From `at` on the subject keeps `more` bytes more, or fewer where it is below 0; `what` names no number itself."""
    begin_usage(what, at=at)
    span = _open(what.tenant_id, what.subject_id).select_for_update().get()
    _resize(span, max(0, span.byte_count + more), at)


@transaction.atomic
def keep_measured(what: Metered, *, at: datetime, unless_later: bool = False) -> None:
    """From `at` on the subject keeps as many bytes as `what` says; one that has ended stays ended.

    `unless_later`: not where it was metered or resized after `at`, since what was measured then is out of date.
    """
    begin_usage(what, at=at)
    span = _open(what.tenant_id, what.subject_id).select_for_update().first()
    if span is None or span.byte_count == what.byte_count or (unless_later and span.metered_until > at):
        return
    _resize(span, what.byte_count, at)


def _resize(span: UsageSpan, byte_count: int, at: datetime) -> None:
    _meter(span, PriceList(span.tenant_id), max(at, span.metered_until))
    span.byte_count = byte_count
    span.save(update_fields=["byte_count"])


@transaction.atomic
def count_requests(what: Metered, *, hours: Mapping[datetime, int]) -> None:
    """Answered requests by the hour; called in the transaction that remembers which were counted."""
    amounts = [(hour, UsageKind.REQUESTS, Decimal(count)) for hour, count in sorted(hours.items())]
    _add(_row_words(what), amounts, PriceList(what.tenant_id))


@transaction.atomic
def name_model(*, tenant_id: UUID, project_id: UUID, run_id: UUID, model_id: UUID, at: datetime) -> None:
    """What the run used belongs to the model that was registered from it; the first one where there are several.

    Where nothing is known of the run yet, an ended span of no length keeps the name: two hearers of the ledger keep no
    order between them, and the one that hears of runs may be in its pause.
    """
    _lock_run(run_id)
    mine = {"tenant_id": tenant_id, "thing_kind": ThingKind.RUN, "thing_id": run_id}
    if not UsageSpan.objects.filter(**mine).exists():
        moments = {"started_at": at, "metered_until": at, "ended_at": at}
        UsageSpan.objects.create(**mine, **moments, project_id=project_id, subject_id=model_id, model_id=model_id)
    UsageSpan.objects.filter(**mine, model_id=None).update(model_id=model_id)
    UsageHour.objects.filter(**mine, model_id=None).update(model_id=model_id)


def meter_everything() -> None:
    """Whatever still goes on in any tenant is metered up to now; then budgets are looked at."""
    for_each(_meter_tenant)


def _meter_tenant(tenant: Tenant) -> None:
    with scope(tenant.pk):
        moment = database_now()
    while _meter_some(tenant.pk, moment):
        pass
    with scope(tenant.pk):
        note_budgets(tenant=tenant, now=moment)


def _meter_some(tenant_id: UUID, moment: datetime) -> int:
    with scope(tenant_id):
        behind = UsageSpan.objects.filter(tenant_id=tenant_id, ended_at=None, metered_until__lt=moment)
        spans = list(behind.select_for_update(skip_locked=True).order_by("metered_until")[:_AT_ONCE])
        prices = PriceList(tenant_id)
        for span in spans:
            _meter(span, prices, moment)
    return len(spans)


def _open(tenant_id: UUID, subject_id: UUID) -> QuerySet[UsageSpan]:
    return UsageSpan.objects.filter(tenant_id=tenant_id, subject_id=subject_id, ended_at=None)


def _end(spans: QuerySet[UsageSpan], prices: PriceList, at: datetime) -> None:
    for span in spans:
        _meter(span, prices, max(at, span.started_at))
        span.ended_at = span.metered_until
        span.save(update_fields=["ended_at"])


def _meter(span: UsageSpan, prices: PriceList, until: datetime) -> None:
    if until == span.metered_until:
        return
    sign = 1 if until > span.metered_until else -1
    start, end = sorted((span.metered_until, until))
    amounts = [
        (hour, kind, sign * amount) for hour, length in by_hour(start, end) for kind, amount in _used(span, length)
    ]
    words = [span.tenant_id, span.project_id, span.person_id, span.thing_kind, span.thing_id, span.model_id]
    _add([*words, span.resource_class], amounts, prices)
    span.metered_until = until
    span.save(update_fields=["metered_until"])


def by_hour(start: datetime, end: datetime) -> Iterator[tuple[datetime, timedelta]]:
    """The hours that lie between two times, each with how much of it does."""
    while start < end:
        hour = start.replace(minute=0, second=0, microsecond=0)
        piece = min(end, hour + _HOUR) - start
        yield hour, piece
        start += piece


def _used(span: UsageSpan, length: timedelta) -> list[tuple[UsageKind, Decimal]]:
    """What a span uses in a time; microseconds are whole, so nothing is lost by adding up small pieces."""
    seconds = Decimal(length // timedelta(microseconds=1)) / 1_000_000
    if span.byte_count:
        return [(UsageKind.STORAGE, (span.byte_count * seconds / 3600).quantize(_LAST))]
    size = RESOURCE_CLASSES.get(span.resource_class)
    if size is None:
        return []
    found = [
        (UsageKind.COMPUTE, seconds),
        (UsageKind.CPU, Decimal(str(size.cpus)) * seconds),
        (UsageKind.MEMORY, size.memory_mb * seconds),
    ]
    return [*found, (UsageKind.GPU, size.gpus * seconds)] if size.gpus else found


def _row_words(what: Metered) -> list[Any]:
    words = [what.tenant_id, what.project_id, what.person_id, what.kind.value, what.thing_id, what.model_id]
    return [*words, what.resource_class]


def _add(words: list[Any], amounts: list[Amount], prices: PriceList) -> None:
    tenant_id, *thing, resource_class = words
    rows = [
        [uuid4(), tenant_id, hour, *thing, resource_class, *_priced(kind, amount, resource_class, hour, prices)]
        for hour, kind, amount in amounts
    ]
    with connection.cursor() as cursor:
        cursor.executemany(_ADD, rows)


def _priced(kind: UsageKind, amount: Decimal, resource_class: str, hour: datetime, prices: PriceList) -> list[Any]:
    return [kind.value, amount, prices.of_usage(kind, resource_class, hour)]
