"""A tenant leaves: asked for by typed name, undone by any administrator until the day, begun by the clock.

Deleting itself is a job of its own (`deleting`); what stays afterwards and why is written there.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from apps.tenants import policies
from apps.tenants.events import DeletionBegun, LeavingAsked, LeavingCut, LeavingUndone
from apps.tenants.models import Leaving
from apps.tenants.services.law import held_by_law
from apps.tenants.services.tenants import operator_of
from foundation import access, jobs, ledger, tenancy
from foundation.clock import database_now
from foundation.errors import Conflict
from foundation.identity import Actor
from foundation.identity.models import User
from foundation.jobs.choices import FINAL
from foundation.tenancy.models import Tenant

if TYPE_CHECKING:
    from foundation.jobs.models import Job

log = logging.getLogger("sanad.leaving")
DELETE = "tenants.delete_tenant"


@transaction.atomic
def ask_to_leave(*, actor: Actor, confirmation: str) -> Tenant:
    """Delete the organisation when the wait is over; nothing changes until then."""
    tenant = _ready(actor, confirmation)
    if tenant.deletion_due is None:
        now = database_now()
        tenant.deletion_due = now + timedelta(days=settings.SANAD_LEAVING_DAYS)
        tenant.save(update_fields=["deletion_due"])
        Leaving.objects.create(tenant=tenant, asked_by=actor.user, asked_at=now)
        asked = LeavingAsked(tenant_id=tenant.pk, due=tenant.deletion_due)
        ledger.record(asked, actor=actor, subject=("tenant", tenant.pk))
    return tenant


@transaction.atomic
def stay(*, actor: Actor) -> Tenant:
    """Any administrator takes the deletion back, until it has begun."""
    policies.check_can_leave(actor)
    tenant = policies.check_is_there(Tenant.objects.select_for_update().get(pk=actor.tenant_id))
    if tenant.deletion_due is not None:
        tenant.deletion_due = None
        tenant.save(update_fields=["deletion_due"])
        Leaving.objects.filter(tenant=tenant).delete()
        ledger.record(LeavingUndone(tenant_id=tenant.pk), actor=actor, subject=("tenant", tenant.pk))
    return tenant


@transaction.atomic
def cut_the_wait(*, actor: Actor, confirmation: str) -> None:
    """Confirm a second time, so that the platform's operator need not wait for the day."""
    tenant = _ready(actor, confirmation)
    leaving = Leaving.objects.select_for_update().filter(tenant=tenant).first()
    if leaving is None:
        raise Conflict(_("Ask for the deletion first; the wait is cut by a second confirmation."))
    if leaving.cut_at is None:
        leaving.cut_at = database_now()
        leaving.save(update_fields=["cut_at"])
        ledger.record(LeavingCut(tenant_id=tenant.pk), actor=actor, subject=("tenant", tenant.pk))


def delete_now(*, operator: User, tenant_id: UUID) -> Tenant:
    """The operator begins at once, where an administrator confirmed twice."""
    access.require_operator(operator)
    with tenancy.scope(tenant_id):
        tenant = policies.check_is_there(Tenant.objects.select_for_update().filter(pk=tenant_id).first())
        if not Leaving.objects.filter(tenant=tenant, cut_at__isnull=False).exists():
            raise Conflict(
                _("An administrator of the organisation has to confirm a second time before it is deleted at once.")
            )
        _begin(tenant, operator_of(tenant, operator))
    return tenant


def begin_deletions() -> int:
    """Begin what is due by the database's clock, and go on with what broke off; how many were given to workers."""

    def turn(tenant: Tenant) -> int:
        if tenant.deletion_due is None and tenant.deletion_begun_at is None:
            return 0
        return _go_on(Tenant.objects.select_for_update().get(pk=tenant.pk))

    return tenancy.in_each(turn)


def _go_on(tenant: Tenant) -> bool:
    if tenant.deletion_begun_at is None:
        if tenant.deletion_due is None or tenant.deletion_due > database_now():
            return False
        if held_by_law(tenant.pk):
            log.warning("The deletion of %s waits for a legal hold", tenant.pk)
            return False
        _begin(tenant, Actor.system(tenant, "leaving"))
        return True
    system = Actor.system(tenant, "leaving")
    if jobs.visible_jobs(actor=system).filter(name=DELETE).exclude(state__in=FINAL).exists():
        return False
    _enqueue(tenant)
    return True


def _begin(tenant: Tenant, actor: Actor) -> None:
    """From here on every door is closed, and nobody takes it back."""
    policies.check_nothing_held(held_by_law(tenant.pk))
    tenant.deletion_begun_at = database_now()
    tenant.save(update_fields=["deletion_begun_at"])
    ledger.record(DeletionBegun(tenant_id=tenant.pk), actor=actor, subject=("tenant", tenant.pk))
    _enqueue(tenant)


def _enqueue(tenant: Tenant) -> None:
    system = Actor.system(tenant, "leaving")
    jobs.enqueue(DELETE, actor=system, title=_("Delete the organisation"), subject=("tenant", tenant.pk))


@jobs.on_cancel(DELETE)
def _deletion_broke_off(job: Job, sentence: str, actor: Actor) -> None:
    """What has begun is not taken back by ending its job: `begin_deletions` goes on with it within a minute."""
    log.warning("The deletion of %s goes on by itself: %s", job.tenant_id, sentence)


def _ready(actor: Actor, confirmation: str) -> Tenant:
    policies.check_can_leave(actor)
    access.require_fresh(actor)
    policies.check_name_typed(actor, confirmation)
    policies.check_nothing_held(held_by_law(actor.tenant_id))
    return policies.check_is_there(Tenant.objects.select_for_update().get(pk=actor.tenant_id))
