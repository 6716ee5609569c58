"""What a start would cost and whether it would have to wait, before it is asked for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.db.models import Q

from apps.tenants.choices import CURRENCY, STORAGE_ITEM, ResourceClass
from apps.tenants.models import Budget
from apps.tenants.selectors import budgets as all_budgets
from apps.tenants.selectors import quotas
from apps.tenants.selectors.budgets import BudgetState
from apps.tenants.selectors.owning import sees_whole
from apps.tenants.selectors.prices import PriceList
from apps.tenants.selectors.quotas import Part
from foundation import access
from foundation.access import Permission
from foundation.identity import Actor
from foundation.rounding import to_millionths

HOURS_A_MONTH = 730


@dataclass(frozen=True)
class Time:
    """How long it is expected to take: the middle of `rests_on` past ones; None where none is known. `most` ends it."""

    expected: timedelta | None
    rests_on: int
    most: timedelta | None


@dataclass(frozen=True)
class Estimate:
    """One start in one resource class. Amounts are AED at the present price; `most` is what the time limit costs.

    `refused` is the sentence of a refusal, `waits` the one with which it would wait in its queue; both mostly empty.
    """

    size: ResourceClass
    time: Time
    hourly: Decimal
    queue_ahead: int
    quota: list[Part]
    budgets: list[BudgetState]
    refused: str
    waits: str

    @property
    def currency(self) -> str:
        return CURRENCY

    @property
    def cost(self) -> Decimal | None:
        return None if self.time.expected is None else self._of(self.time.expected)

    @property
    def most(self) -> Decimal | None:
        return None if self.time.most is None else self._of(self.time.most)

    @property
    def monthly(self) -> Decimal:
        return self.hourly * HOURS_A_MONTH

    def _of(self, length: timedelta) -> Decimal:
        seconds = Decimal(length // timedelta(microseconds=1)) / 1_000_000
        return to_millionths(self.hourly * seconds / 3600)


def estimates(
    *,
    actor: Actor,
    project_id: UUID,
    asked: Iterable[tuple[ResourceClass, Time]],
    run: bool,
    queue_ahead: int,
    now: datetime,
) -> list[Estimate]:
    """For each size that could be asked for; `run` says whether it counts among the runs at a time.

    Figures of the whole tenant are in it for whoever sees the whole alone.
    """
    access.require(actor, Permission.USAGE_VIEW, access.Inside(project_id))
    where = {"tenant_id": actor.tenant_id, "project_id": project_id}
    whole, prices = sees_whole(actor), PriceList(actor.tenant_id)
    quota, over = quotas.room(**where, whole=whole), all_budgets.over_budget(**where, now=now, whole=whole)
    mine = Budget.objects.filter(
        Q(project_id=project_id) | (Q(project_id=None) if whole else Q()), tenant_id=actor.tenant_id
    )
    budgets = all_budgets.budget_states(list(mine.order_by("project_id")), now=now, names={})
    return [
        Estimate(
            size=size,
            time=time,
            hourly=prices.at(size.name, now),
            queue_ahead=queue_ahead,
            quota=quota,
            budgets=budgets,
            refused=over or quotas.never_fits(**where, size=size, run=run, whole=whole),
            waits=quotas.no_room(**where, size=size, run=run, whole=whole),
        )
        for size, time in asked
    ]


@dataclass(frozen=True)
class Keeping:
    """What keeping more bytes finds: the quota of storage with the least left, whose it is, and what they cost.

    `monthly` is AED for a month of them, None where nobody has put a price on storage or the bytes are not known;
    `per_gib` is that price, for a GiB and month.
    """

    storage: Part | None
    of_project: bool
    monthly: Decimal | None
    refused: str
    per_gib: Decimal | None = None


def keeping(*, actor: Actor, project_id: UUID, byte_count: int | None, now: datetime) -> Keeping:
    """Before bytes are kept: figures of the whole tenant are in it for whoever sees the whole alone."""
    access.require(actor, Permission.USAGE_VIEW, access.Inside(project_id))
    tenant_id, whole = actor.tenant_id, sees_whole(actor)
    least, of_project = quotas.storage_room(tenant_id=tenant_id, project_id=project_id, whole=whole)
    price = PriceList(tenant_id).at(STORAGE_ITEM, now)
    known = byte_count is not None and price > 0
    return Keeping(
        storage=least,
        of_project=of_project,
        monthly=price * byte_count / Decimal(2**30) if known and byte_count is not None else None,
        refused=quotas.no_storage(tenant_id=tenant_id, project_id=project_id, more=byte_count or 0, whole=whole),
        per_gib=price if price > 0 else None,
    )
