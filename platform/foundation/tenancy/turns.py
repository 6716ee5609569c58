"""Work of the system for every tenant: each has its turn, whatever another one's turn meets."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, TypeVar

from celery.exceptions import SoftTimeLimitExceeded
from django.db import connection

from foundation.tenancy.scoping import every_tenant, scope

if TYPE_CHECKING:
    from foundation.tenancy.models import Tenant

logger = logging.getLogger("sanad.tenancy")
Thing = TypeVar("Thing")


def in_each(act: Callable[[Tenant], int | None], *, also_deleted: bool = False) -> int:
    """Call `act` for every tenant inside its scope, in a transaction of its own; answers the sum of what it answered.

    Whoever fails is logged and keeps nobody waiting; when all had their turn, an ExceptionGroup tells of the failures.
    Of a tenant that was deleted nothing is left to work on but its secrets: it has a turn with `also_deleted` alone.
    """

    def inside(tenant: Tenant) -> int | None:
        with scope(tenant.pk):
            return act(tenant)

    return for_each(inside, also_deleted=also_deleted)


def for_each(act: Callable[[Tenant], int | None], *, also_deleted: bool = False) -> int:
    """As `in_each`, for what opens its scopes itself: several transactions, or none while a machine is asked."""
    tenants = [tenant for tenant in every_tenant() if also_deleted or tenant.deleted_at is None]
    return take_turns(tenants, act, name=lambda tenant: f"the tenant {tenant.slug}")


def take_turns(things: Iterable[Thing], act: Callable[[Thing], int | None], *, name: Callable[[Thing], str]) -> int:
    """Call `act` for each; failures are logged under `name`, and raised together when all had their turn."""
    done, turns, failures = 0, 0, []
    for thing in things:
        turns += 1
        try:
            done += act(thing) or 0
        except SoftTimeLimitExceeded:
            raise  # the time is over for all together
        except Exception as error:
            logger.exception("The turn of %s failed; the others have theirs.", name(thing))
            error.add_note(f"In the turn of {name(thing)}.")
            failures.append(error)
            if not connection.in_atomic_block:
                # A connection that broke in this turn would break the next ones too.
                connection.close_if_unusable_or_obsolete()
    if failures:
        raise ExceptionGroup(f"{len(failures)} of {turns} turns failed", failures)
    return done
