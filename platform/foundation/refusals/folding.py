"""One entry per asker, route, status and ten minutes; what comes meanwhile is counted, and no count is lost.

The sum over the entries of a route, and of what its row has not told yet, is the number of refusals. The count lies in
PostgreSQL, so a killed process loses nothing of it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.db import connection

from foundation import ledger
from foundation.identity import Actor
from foundation.refusals.events import AccessRefused
from foundation.refusals.models import RefusalWindow
from foundation.refusals.sayings import Asked
from foundation.tenancy import for_each, scope

WINDOW = timedelta(minutes=10)
# Whoever is refused at more routes than this in an hour is looking for something; the rest is counted together.
MOST_WINDOWS, WINDOWS_PER = 30, timedelta(hours=1)
MORE = Asked("more", "", 0, "")
_AT_ONCE = 200

# One statement, so that two requests at once are both counted; the row stays locked until the entry is written.
_COUNT = """
INSERT INTO refusals_refusalwindow AS w (id, tenant_id, asker_id, route, status, method, reason,
    actor_kind, actor_id, subject_kind, subject_id, opened_at, untold)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (tenant_id, asker_id, route, status) DO UPDATE SET untold = w.untold + excluded.untold
RETURNING id, opened_at, untold, (xmax = 0) AS is_new
"""


@dataclass(frozen=True)
class Asker:
    """Who is counted, as whom it is written, and what it is written about."""

    id: UUID
    actor: Actor
    subject: tuple[str, UUID]


def fold(asker: Asker, asked: Asked, *, at: datetime, count: int = 1) -> None:
    """Count the refusals, and tell the ledger where its window is new or has ended; inside the asker's tenant scope."""
    row, opened_at, untold, is_new = _count(asker, asked, at, count)
    if is_new and asked is not MORE and _windows_of(asker, at) > MOST_WINDOWS:
        RefusalWindow.objects.filter(pk=row).delete()
        fold(asker, MORE, at=at, count=count)
        return
    if is_new or opened_at <= at - WINDOW:
        _tell(asker, asked, count=untold, since=opened_at)
        RefusalWindow.objects.filter(pk=row).update(
            opened_at=at, untold=0, method=asked.method, reason=asked.reason, actor_kind=asker.actor.kind
        )


def close_ended_windows(*, now: datetime) -> int:
    """Tell what was counted in windows that have ended, and forget those of over an hour ago; how many were told."""
    return for_each(lambda tenant: _close(tenant.pk, now) if tenant.deletion_begun_at is None else 0)


def _close(tenant_id: UUID, now: datetime) -> int:
    with scope(tenant_id):
        rows = RefusalWindow.objects.filter(tenant_id=tenant_id)
        ended = rows.filter(opened_at__lte=now - WINDOW, untold__gt=0).select_related("tenant")
        told = list(ended.select_for_update(of=("self",), skip_locked=True)[:_AT_ONCE])
        for row in told:
            asked = Asked(row.route, row.method, row.status, row.reason)
            _tell(_asker_of(row), asked, count=row.untold, since=row.opened_at)
            RefusalWindow.objects.filter(pk=row.pk).update(untold=0)
        rows.filter(opened_at__lte=now - WINDOWS_PER, untold=0).delete()
    return len(told)


def _count(asker: Asker, asked: Asked, at: datetime, count: int) -> tuple[UUID, datetime, int, bool]:
    whose: list[Any] = [uuid4(), asker.actor.tenant_id, asker.id]
    what: list[Any] = [asked.route, asked.status, asked.method, asked.reason]
    written: list[Any] = [asker.actor.kind, asker.actor.id, *asker.subject, at, count]
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, [*whose, *what, *written])
        found: tuple[UUID, datetime, int, bool] = cursor.fetchone()
    return found


def _windows_of(asker: Asker, at: datetime) -> int:
    rows = RefusalWindow.objects.filter(tenant_id=asker.actor.tenant_id, asker_id=asker.id).exclude(route=MORE.route)
    return rows.filter(opened_at__gt=at - WINDOWS_PER).count()


def _tell(asker: Asker, asked: Asked, *, count: int, since: datetime) -> None:
    event = AccessRefused(
        route=asked.route,
        method=asked.method,
        status=asked.status,
        reason=asked.reason,
        ids=asked.ids,
        count=count,
        since=since,
    )
    ledger.record(event, actor=asker.actor, subject=asker.subject)


def _asker_of(row: RefusalWindow) -> Asker:
    actor = replace(Actor.system(row.tenant, ""), kind=row.actor_kind, id=row.actor_id)
    return Asker(row.asker_id, actor, (row.subject_kind, row.subject_id))
