"""Budgets: set by administrators, told of as they are used up, and at their hard limit a no to new work."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from apps.tenants import policies
from apps.tenants.choices import NOTICE_AT
from apps.tenants.errors import OverBudget
from apps.tenants.events import BudgetChanged, BudgetReached, BudgetRemoved
from apps.tenants.models import Budget, BudgetNotice
from apps.tenants.selectors.budgets import BudgetState, budget_states, over_budget
from apps.tenants.selectors.owning import sees_whole
from foundation import jobs, ledger
from foundation.errors import Invalid
from foundation.identity import Actor
from foundation.rounding import to_cents
from foundation.tenancy.models import Tenant


@transaction.atomic
def set_budget(
    *, actor: Actor, project_id: UUID | None, soft_limit: Decimal | None, hard_limit: Decimal | None
) -> Budget:
    """What the tenant, or one project, means to spend a month; the one that there was is replaced."""
    policies.check_can_change_limits(actor, project_id)
    if soft_limit is None and hard_limit is None:
        sentence = _("A budget has a soft limit, a hard limit or both; remove it if you want none.")
        raise Invalid(sentence, fields={"soft_limit": [sentence]})
    for name, limit in (("soft_limit", soft_limit), ("hard_limit", hard_limit)):
        if (limit is not None and not limit.is_finite()) or (limit or 0) < 0:
            raise Invalid(_("A limit is an amount from 0 on."), fields={name: [_("An amount from 0 on.")]})
    if soft_limit is not None and hard_limit is not None and soft_limit > hard_limit:
        sentence = _("The soft limit warns before the hard one refuses, so it cannot be above it.")
        raise Invalid(sentence, fields={"soft_limit": [sentence]})
    words = {"soft_limit": soft_limit, "hard_limit": hard_limit}
    budget, _made = Budget.objects.update_or_create(tenant=actor.tenant, project_id=project_id, defaults=words)
    # Another amount has other shares: those of the old one are told anew.
    budget.notices.all().delete()
    changed = BudgetChanged(budget_id=budget.pk, project=project_id, soft=_said(soft_limit), hard=_said(hard_limit))
    ledger.record(changed, actor=actor, project_id=project_id, subject=("budget", budget.pk))
    jobs.ask_again(tenant_id=actor.tenant_id)
    return budget


@transaction.atomic
def remove_budget(*, actor: Actor, budget: Budget) -> None:
    policies.check_can_change_limits(actor, budget.project_id)
    removed = BudgetRemoved(budget_id=budget.pk, project=budget.project_id)
    ledger.record(removed, actor=actor, project_id=budget.project_id, subject=("budget", budget.pk))
    budget.delete()
    jobs.ask_again(tenant_id=actor.tenant_id)


def check_budget(*, tenant_id: UUID, project_id: UUID, now: datetime, reader: Actor | None = None) -> None:
    """Raise OverBudget where new work may not begin; what runs and serves is never asked.

    `reader` is who reads the sentence; amounts of the whole tenant are for whoever sees it whole.
    """
    if sentence := over_budget(tenant_id=tenant_id, project_id=project_id, now=now, whole=sees_whole(reader)):
        raise OverBudget(sentence)


def note_budgets(*, tenant: Tenant, now: datetime) -> None:
    """Tell of each share of a soft limit that was reached since the last look: once a month each, on the ledger."""
    rows = list(Budget.objects.filter(tenant=tenant).exclude(soft_limit=None))
    for state in budget_states(rows, now=now, names={}):
        for percent in NOTICE_AT:
            if state.spent * 100 >= (state.soft_limit or Decimal(0)) * percent and state.spent:
                _note(tenant, state, percent)


@transaction.atomic
def _note(tenant: Tenant, state: BudgetState, percent: int) -> None:
    key = {"budget_id": state.id, "month": state.month.first, "percent": percent}
    said = {"spent": to_cents(state.spent)}
    row, made = BudgetNotice.objects.get_or_create(tenant=tenant, **key, defaults=said)
    if made:
        reached = BudgetReached(
            budget_id=state.id, project=state.project_id, month=str(state.month), percent=percent, spent=str(row.spent)
        )
        actor = Actor.system(tenant, "usage")
        ledger.record(reached, actor=actor, project_id=state.project_id, subject=("budget", state.id))


def _said(limit: Decimal | None) -> str:
    """An amount as a word of the ledger, which takes no fractions of a dirham as numbers."""
    return "" if limit is None else f"{limit:.2f}"
