"""Budgets: what the months may cost, what they have cost, and the sentence where nothing new may begin."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from apps.tenants.models import Budget, BudgetNotice
from apps.tenants.selectors.held import held_cost
from apps.tenants.selectors.owning import name_of, seen_by
from apps.tenants.selectors.usage import Month, spent
from foundation import access
from foundation.access import Permission
from foundation.errors import NotFound
from foundation.figures import money
from foundation.identity import Actor


@dataclass(frozen=True)
class BudgetState:
    """A budget with what the month has cost so far, exact; it is rounded where it is shown."""

    id: UUID
    project_id: UUID | None
    name: str
    soft_limit: Decimal | None
    hard_limit: Decimal | None
    spent: Decimal
    month: Month

    @property
    def limit(self) -> Decimal:
        """The amount that a share is of: the soft limit, else the hard one."""
        return self.soft_limit if self.soft_limit is not None else self.hard_limit or Decimal(0)

    @property
    def percent(self) -> int:
        return int(self.spent * 100 / self.limit) if self.limit else 100

    @property
    def shown_percent(self) -> int:
        """For a bar, which ends at 100."""
        return min(100, self.percent)

    @property
    def is_over(self) -> bool:
        return self.hard_limit is not None and self.spent >= self.hard_limit


@dataclass(frozen=True)
class MonthCost:
    """What the tenant has spent this month, and its budget, if there is one."""

    month: Month
    spent: Decimal
    budget: BudgetState | None


def budgets(*, actor: Actor, now: datetime) -> list[BudgetState]:
    """The tenant's, for whoever sees its whole usage, and those of the actor's projects."""
    access.require_somewhere(actor, Permission.USAGE_VIEW)
    return _seen(actor, Budget.objects.filter(tenant_id=actor.tenant_id), now)


def month_cost(*, actor: Actor, now: datetime) -> MonthCost | None:
    """For administrators, who answer for it; None for everybody else."""
    if not access.can(actor, Permission.TENANT_MANAGE, actor.tenant):
        return None
    month = Month.of(now)
    costs = sum(spent(tenant_id=actor.tenant_id, month=month).values(), Decimal(0))
    row = Budget.objects.filter(tenant_id=actor.tenant_id, project_id=None).first()
    if row is None:
        return MonthCost(month, costs, None)
    budget = BudgetState(row.pk, None, name_of(None, {}), row.soft_limit, row.hard_limit, costs, month)
    return MonthCost(month, costs, budget)


def budget_state(*, actor: Actor, budget_id: UUID, now: datetime) -> BudgetState:
    """One of those that the actor sees."""
    access.require_somewhere(actor, Permission.USAGE_VIEW)
    found = _seen(actor, Budget.objects.filter(tenant_id=actor.tenant_id, pk=budget_id), now)
    if not found:
        raise NotFound(_("There is no such budget in this tenant."))
    return found[0]


def _seen(actor: Actor, rows: QuerySet[Budget], now: datetime) -> list[BudgetState]:
    seen, names = seen_by(actor, rows)
    return budget_states(seen, now=now, names=names)


def get_budget(*, actor: Actor, budget_id: UUID) -> Budget:
    access.require(actor, Permission.TENANT_MANAGE)
    found = Budget.objects.filter(tenant_id=actor.tenant_id, pk=budget_id).first()
    if found is None:
        raise NotFound(_("There is no such budget in this tenant."))
    return found


def budget_states(rows: list[Budget], *, now: datetime, names: Mapping[UUID, str]) -> list[BudgetState]:
    """Each budget with what its month has cost, in one query over the usage: of the projects that are asked for."""
    if not rows:
        return []
    month, projects = Month.of(now), [row.project_id for row in rows if row.project_id is not None]
    whole = len(projects) < len(rows)
    costs = spent(tenant_id=rows[0].tenant_id, month=month, project_ids=None if whole else projects)
    return [
        BudgetState(
            id=row.pk,
            project_id=row.project_id,
            name=name_of(row.project_id, names),
            soft_limit=row.soft_limit,
            hard_limit=row.hard_limit,
            spent=_of(costs, row.project_id),
            month=month,
        )
        for row in rows
    ]


def over_budget(*, tenant_id: UUID, project_id: UUID, now: datetime, whole: bool) -> str:
    """The sentence that names the hard limit which is reached, what is spent, and who may raise it; else empty.

    Without `whole`, whether its reader sees the whole tenant (owning.sees_whole), the tenant's amounts are left out.
    """
    mine = Budget.objects.filter(Q(project_id=None) | Q(project_id=project_id), tenant_id=tenant_id)
    rows = list(mine.exclude(hard_limit=None))
    running = held_cost(tenant_id=tenant_id, now=now) if rows else {}
    for state in budget_states(rows, now=now, names={}):
        held = _of(running, state.project_id)
        if state.is_over or state.spent + held >= (state.hard_limit or Decimal(0)):
            return f"{_used_up(state, held, whole)} {_who_may_raise()}"
    return ""


def _used_up(state: BudgetState, held: Decimal, whole: bool) -> str:
    words = {"whose": _budget_of(state.project_id), "month": str(state.month), "spent": money(state.spent)}
    words |= {"limit": money(state.hard_limit or Decimal(0)), "held": money(held)}
    if state.project_id is None and not whole:
        said = _("%(whose)s for %(month)s is used up, so no new work begins. What runs and serves goes on.")
        return said % words
    if state.is_over:
        said = _(
            "%(whose)s for %(month)s is used up: %(spent)s of %(limit)s are spent, so no new work begins. "
            "What runs and serves goes on."
        )
        return said % words
    said = _(
        "%(whose)s for %(month)s is used up: of %(limit)s, %(spent)s are spent, and what runs now costs %(held)s up to "
        "the end of its hour, so no new work begins. What runs and serves goes on."
    )
    return said % words


def budget_notices(*, actor: Actor, now: datetime) -> QuerySet[BudgetNotice]:
    """What was reached this month, the highest share of each budget alone; for those who may change budgets."""
    rows = BudgetNotice.objects.filter(tenant_id=actor.tenant_id, month=Month.of(now).first).select_related("budget")
    if not access.can(actor, Permission.TENANT_MANAGE):
        return rows.none()
    return rows.order_by("budget_id", "-percent").distinct("budget_id")


def _of(costs: Mapping[UUID | None, Decimal], project_id: UUID | None) -> Decimal:
    return sum(costs.values(), Decimal(0)) if project_id is None else costs.get(project_id, Decimal(0))


def _budget_of(project_id: UUID | None) -> str:
    return _("The tenant's budget") if project_id is None else _("This project's budget")


def _who_may_raise() -> str:
    """Who can help, and where; administrators are named in the tenant's list of members."""
    return _("A tenant administrator can raise it under Settings, Budgets.")
