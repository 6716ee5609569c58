"""What a new organisation does first."""

from __future__ import annotations

from datetime import datetime, timedelta

from apps.dashboards.choices import FACTOR, FIRST_STEPS, Step
from foundation import access, ledger
from foundation.access import Permission
from foundation.identity import Actor

_WHILE_NEW = timedelta(days=30)


def first_steps(*, actor: Actor, now: datetime) -> list[tuple[Step, bool]]:
    """The first steps of a new organisation and whether each is done; none for others than those who administer it.

    They are gone when all are done, or when the organisation is no longer new.
    """
    if actor.tenant.created_at < now - _WHILE_NEW or not access.can(actor, Permission.TENANT_MANAGE, actor.tenant):
        return []
    among = {event for step in FIRST_STEPS for event in step.events}
    kinds = ledger.kinds_seen(tenant_id=actor.tenant_id, among=among)
    has_factor = actor.user is not None and actor.user.second_factor_at is not None
    steps = [(step, has_factor if step.key == FACTOR else not kinds.isdisjoint(step.events)) for step in FIRST_STEPS]
    return [] if all(done for _step, done in steps) else steps
