"""Quotas and budgets: what is allowed, what is held or spent of it, and the sentence where it is not enough."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet, Sum
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.tenants.choices import ResourceClass
from apps.tenants.models import Budget, BudgetNotice, Holding, Quota
from apps.tenants.selectors.held import held_cost, stored
from apps.tenants.selectors.projects import projects_of
from apps.tenants.selectors.usage import CENT, Month, spent
from foundation import access
from foundation.access import Permission
from foundation.errors import NotFound
from foundation.identity import Actor
from foundation.web.templatetags.sanad_format import money

RUN = "run"
# What a start asks of a quota, with the words of the field; the last two are not asked at a start.
FIELDS: dict[str, object] = {
    "cpus": gettext_lazy("CPUs"),
    "memory_mb": gettext_lazy("memory in MB"),
    "gpus": gettext_lazy("GPUs"),
    "concurrent_runs": gettext_lazy("runs at a time"),
    "storage_bytes": gettext_lazy("bytes of storage"),
    "requests_per_second": gettext_lazy("requests a second"),
}
_AT_START = ("cpus", "memory_mb", "gpus", "concurrent_runs")


@dataclass(frozen=True)
class Part:
    """One field of a quota: the most, and what is used of it now (None where it is not kept: requests a second)."""

    field: str
    label: object
    most: Decimal | None
    used: Decimal | None

    @property
    def left(self) -> Decimal | None:
        return None if self.most is None or self.used is None else max(Decimal(0), self.most - self.used)


@dataclass(frozen=True)
class QuotaState:
    """The quota of the tenant (no project) or of a project, with what is used of it."""

    id: UUID | None
    project_id: UUID | None
    name: str
    parts: list[Part]


@dataclass(frozen=True)
class BudgetState:
    """A budget with what the month has cost so far, rounded to fils."""

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


def quotas(*, actor: Actor) -> list[QuotaState]:
    """The tenant's, for whoever sees its whole usage, and those of the actor's projects."""
    access.require_somewhere(actor, Permission.USAGE_VIEW)
    rows = Quota.objects.filter(tenant_id=actor.tenant_id)
    names = {project.id: project.name for project in projects_of(actor)}
    whole = _sees_whole(actor)
    shown = [row for row in rows if (whole if row.project_id is None else row.project_id in names)]
    shown.sort(key=lambda row: (row.project_id is not None, _name(row.project_id, names)))
    return [_state(row, _name(row.project_id, names)) for row in shown]


def quota_state(*, actor: Actor, quota_id: UUID) -> QuotaState:
    """One of those that the actor sees."""
    for state in quotas(actor=actor):
        if state.id == quota_id:
            return state
    raise NotFound(_("There is no such quota in this tenant."))


def get_quota(*, actor: Actor, quota_id: UUID) -> Quota:
    access.require(actor, Permission.TENANT_MANAGE)
    found = Quota.objects.filter(tenant_id=actor.tenant_id, pk=quota_id).first()
    if found is None:
        raise NotFound(_("There is no such quota in this tenant."))
    return found


def quotas_over(*, tenant_id: UUID, project_id: UUID) -> QuerySet[Quota]:
    """The tenant's and the project's: both have to have room."""
    mine = Quota.objects.filter(tenant_id=tenant_id).filter(Q(project_id=None) | Q(project_id=project_id))
    return mine.order_by("project_id")


def room(*, tenant_id: UUID, project_id: UUID) -> list[Part]:
    """For each limit at a start, the quota with the least left: what an estimate shows."""
    parts: dict[str, Part] = {}
    for quota in quotas_over(tenant_id=tenant_id, project_id=project_id):
        for part in _parts(quota):
            known = parts.get(part.field)
            if part.left is not None and (known is None or part.left < (known.left or 0)):
                parts[part.field] = part
    return [part for name, part in parts.items() if name in _AT_START]


def never_fits(*, tenant_id: UUID, project_id: UUID, size: ResourceClass, run: bool) -> str:
    """The sentence where a start asks for more than a whole quota; empty where it could be met at some time."""
    for quota, field, most, wants in _asked(tenant_id, project_id, size, run):
        if wants > most:
            words = {"whose": _whose(quota), "what": FIELDS[field], "most": _figure(most), "wants": _figure(wants)}
            said = _("%(whose)s allows %(most)s %(what)s in all, and this asks for %(wants)s; it could never start.")
            return f"{said % words} {_who_may_raise()}"
    return ""


def no_room(*, tenant_id: UUID, project_id: UUID, size: ResourceClass, run: bool) -> str:
    """The sentence where a quota is full just now; empty where there is room."""
    for quota, field, most, wants in _asked(tenant_id, project_id, size, run):
        used = _held(quota).get(field, Decimal(0))
        if used + wants > most:
            words = {"whose": _whose(quota), "what": FIELDS[field], "most": _figure(most)}
            words |= {"used": _figure(used), "wants": _figure(wants)}
            said = _("%(whose)s is full: %(used)s of %(most)s %(what)s are in use, and this needs %(wants)s.")
            then = _("It starts by itself as soon as enough has ended.")
            return f"{said % words} {then} {_who_may_raise()}"
    return ""


def no_storage(*, tenant_id: UUID, project_id: UUID, more: int, counted: int = 0) -> str:
    """The sentence where `more` bytes, of which `counted` stand in `stored` already, would not fit; else empty."""
    for quota in quotas_over(tenant_id=tenant_id, project_id=project_id):
        if quota.storage_bytes is None:
            continue
        used = stored(tenant_id=tenant_id, project_id=quota.project_id) - counted
        if used + more > quota.storage_bytes:
            words = {"whose": _whose(quota), "most": quota.storage_bytes, "used": used, "more": more}
            said = _("%(whose)s allows %(most)s bytes of storage; %(used)s are in use, and this brings %(more)s more.")
            return f"{said % words} {_who_may_raise()}"
    return ""


def request_limits(*, tenant_id: UUID) -> dict[UUID | None, int]:
    """Requests a second by project; under None those of the tenant together. For the gateway's table of routes."""
    rows = Quota.objects.filter(tenant_id=tenant_id).values_list("project_id", "requests_per_second")
    return {project_id: most for project_id, most in rows if most is not None}


def budgets(*, actor: Actor, now: datetime) -> list[BudgetState]:
    """The tenant's, for whoever sees its whole usage, and those of the actor's projects."""
    access.require_somewhere(actor, Permission.USAGE_VIEW)
    names = {project.id: project.name for project in projects_of(actor)}
    whole = _sees_whole(actor)
    rows = [
        row
        for row in Budget.objects.filter(tenant_id=actor.tenant_id)
        if (whole if row.project_id is None else row.project_id in names)
    ]
    rows.sort(key=lambda row: (row.project_id is not None, _name(row.project_id, names)))
    return budget_states(rows, now=now, names=names)


@dataclass(frozen=True)
class MonthCost:
    """What the tenant has spent this month, and its budget, if there is one."""

    month: Month
    spent: Decimal
    budget: BudgetState | None


def month_cost(*, actor: Actor, now: datetime) -> MonthCost | None:
    """For administrators, who answer for it; None for everybody else."""
    if not access.can(actor, Permission.TENANT_MANAGE, actor.tenant):
        return None
    month = Month.of(now)
    costs = sum(spent(tenant_id=actor.tenant_id, month=month).values(), Decimal(0)).quantize(CENT)
    row = Budget.objects.filter(tenant_id=actor.tenant_id, project_id=None).first()
    if row is None:
        return MonthCost(month, costs, None)
    budget = BudgetState(row.pk, None, _name(None, {}), row.soft_limit, row.hard_limit, costs, month)
    return MonthCost(month, costs, budget)


def budget_state(*, actor: Actor, budget_id: UUID, now: datetime) -> BudgetState:
    """One of those that the actor sees."""
    for state in budgets(actor=actor, now=now):
        if state.id == budget_id:
            return state
    raise NotFound(_("There is no such budget in this tenant."))


def get_budget(*, actor: Actor, budget_id: UUID) -> Budget:
    access.require(actor, Permission.TENANT_MANAGE)
    found = Budget.objects.filter(tenant_id=actor.tenant_id, pk=budget_id).first()
    if found is None:
        raise NotFound(_("There is no such budget in this tenant."))
    return found


def budget_states(rows: list[Budget], *, now: datetime, names: Mapping[UUID, str]) -> list[BudgetState]:
    """Each budget with what its month has cost, in one query over the usage."""
    if not rows:
        return []
    month = Month.of(now)
    costs = spent(tenant_id=rows[0].tenant_id, month=month)
    return [
        BudgetState(
            id=row.pk,
            project_id=row.project_id,
            name=_name(row.project_id, names),
            soft_limit=row.soft_limit,
            hard_limit=row.hard_limit,
            spent=_of(costs, row.project_id).quantize(CENT),
            month=month,
        )
        for row in rows
    ]


def over_budget(*, tenant_id: UUID, project_id: UUID, now: datetime) -> str:
    """The sentence that names the hard limit which is reached, what is spent, and who may raise it; else empty."""
    mine = Budget.objects.filter(Q(project_id=None) | Q(project_id=project_id), tenant_id=tenant_id)
    rows = list(mine.exclude(hard_limit=None))
    running = held_cost(tenant_id=tenant_id, now=now) if rows else {}
    for state in budget_states(rows, now=now, names={}):
        held = _of(running, state.project_id).quantize(CENT)
        if state.is_over or state.spent + held >= (state.hard_limit or Decimal(0)):
            return f"{_used_up(state, held)} {_who_may_raise(budget=True)}"
    return ""


def _used_up(state: BudgetState, held: Decimal) -> str:
    words = {"whose": _budget_of(state.project_id), "month": str(state.month), "spent": money(state.spent)}
    words |= {"limit": money(state.hard_limit or Decimal(0)), "held": money(held)}
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


def _sees_whole(actor: Actor) -> bool:
    return access.can(actor, Permission.USAGE_VIEW) and actor.project_id is None


def _asked(
    tenant_id: UUID, project_id: UUID, size: ResourceClass, run: bool
) -> Iterator[tuple[Quota, str, Decimal, Decimal]]:
    """(quota, field, its most, what a start asks of it) for each limit that is set."""
    wants = {"cpus": Decimal(str(size.cpus)), "memory_mb": Decimal(size.memory_mb), "gpus": Decimal(size.gpus)}
    wants |= {"concurrent_runs": Decimal(1)} if run else {}
    for quota in quotas_over(tenant_id=tenant_id, project_id=project_id):
        for field, wanted in wants.items():
            most = getattr(quota, field)
            if most is not None and wanted:
                yield quota, field, Decimal(most), wanted


def _held(quota: Quota) -> dict[str, Decimal]:
    rows = Holding.objects.filter(tenant_id=quota.tenant_id)
    rows = rows if quota.project_id is None else rows.filter(project_id=quota.project_id)
    sums: dict[str, Any] = rows.aggregate(
        cpus=Sum("cpus"),
        memory_mb=Sum("memory_mb"),
        gpus=Sum("gpus"),
        concurrent_runs=Count("pk", filter=Q(subject_kind=RUN)),
    )
    return {name: Decimal(value or 0) for name, value in sums.items()}


def _parts(quota: Quota) -> list[Part]:
    used: dict[str, Decimal | None] = {**_held(quota)}
    used["storage_bytes"] = Decimal(stored(tenant_id=quota.tenant_id, project_id=quota.project_id))
    limits = {name: getattr(quota, name) for name in FIELDS}
    return [
        Part(name, label, None if limits[name] is None else Decimal(limits[name]), used.get(name))
        for name, label in FIELDS.items()
    ]


def _state(quota: Quota, name: str) -> QuotaState:
    return QuotaState(quota.pk, quota.project_id, name, _parts(quota))


def _of(costs: dict[UUID, Decimal], project_id: UUID | None) -> Decimal:
    return sum(costs.values(), Decimal(0)) if project_id is None else costs.get(project_id, Decimal(0))


def _name(project_id: UUID | None, names: Mapping[UUID, str]) -> str:
    return _("The whole tenant") if project_id is None else names.get(project_id, str(project_id)[:8])


def _whose(quota: Quota) -> str:
    return _("The tenant's quota") if quota.project_id is None else _("This project's quota")


def _budget_of(project_id: UUID | None) -> str:
    return _("The tenant's budget") if project_id is None else _("This project's budget")


def _who_may_raise(*, budget: bool = False) -> str:
    """Who can help, and where; administrators are named in the tenant's list of members."""
    if budget:
        return _("A tenant administrator can raise it under Settings, Budgets.")
    return _("A tenant administrator can raise it under Settings, Quotas.")


def _figure(value: Decimal) -> str:
    return f"{value.normalize():f}"
