"""Support access: a platform operator comes into a tenant for some hours, by its leave, and it is on its ledger.

Who is let in is asked anew with every request, of the row and the database's clock (foundation.access.guests): so the
time's end and a revocation hold at once, whether or not anything here has run since.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from apps.tenants import policies
from apps.tenants.choices import LONGEST_SUPPORT, SupportEnd
from apps.tenants.events import SupportAsked, SupportEnded, SupportGranted, SupportRefused
from apps.tenants.services.tenants import operator_of
from apps.tenants.services.tokens import revoke_tokens_of_member
from foundation import access, ledger, live, tenancy
from foundation.access import Role
from foundation.access.models import Membership, SupportGrant
from foundation.clock import database_now
from foundation.errors import Conflict, Invalid
from foundation.identity import Actor
from foundation.identity.models import User
from foundation.tenancy.models import Tenant

_LEVELS = (Role.VIEWER, Role.ADMIN)


def ask_support(*, operator: User, tenant_id: UUID, level: str, reason: str, hours: int) -> SupportGrant:
    """Ask the tenant's administrators to be let in; nothing is opened by asking."""
    access.require_operator(operator)
    words = _checked(level, reason, hours)
    with tenancy.scope(tenant_id):
        tenant = policies.check_is_there(Tenant.objects.filter(pk=tenant_id).first())
        grant = _new(SupportGrant(tenant=tenant, user=operator, asked_at=database_now(), **words))
        asked = SupportAsked(support_grant_id=grant.pk, user_id=operator.pk, level=grant.level, hours=grant.hours)
        ledger.record(asked, actor=operator_of(tenant, operator), subject=("support", grant.pk))
    return grant


@transaction.atomic
def give_support(*, actor: Actor, operator: User, level: str, reason: str, hours: int) -> SupportGrant:
    """Let an operator in without being asked."""
    policies.check_can_grant_support(actor)
    access.require_operator(operator)
    grant = _new(SupportGrant(tenant=actor.tenant, user=operator, **_checked(level, reason, hours)))
    return _grant(actor, grant)


@transaction.atomic
def grant_support(*, actor: Actor, grant: SupportGrant) -> SupportGrant:
    """Let in whoever asked, for the hours that they asked for, from now on."""
    policies.check_can_grant_support(actor)
    return _grant(actor, policies.check_waits(_locked(grant)))


@transaction.atomic
def refuse_support(*, actor: Actor, grant: SupportGrant) -> SupportGrant:
    policies.check_can_grant_support(actor)
    grant = policies.check_waits(_locked(grant))
    grant.refused_at, grant.decided_by = database_now(), actor.user
    grant.save(update_fields=["refused_at", "decided_by"])
    refused = SupportRefused(support_grant_id=grant.pk, user_id=grant.user_id)
    ledger.record(refused, actor=actor, subject=("support", grant.pk))
    return grant


@transaction.atomic
def end_support(*, actor: Actor, grant: SupportGrant) -> SupportGrant:
    """Send the operator out at once: pages, websockets, and what was begun on their behalf."""
    policies.check_can_end_support(actor)
    return _end(actor, _locked(grant), SupportEnd.REVOKED)


def leave_support(*, operator: User, grant: SupportGrant) -> SupportGrant:
    """The operator's own end of it, before its time; a request that waits is withdrawn."""
    access.require_operator(operator)
    with tenancy.scope(grant.tenant_id):
        grant = _locked(grant)
        policies.check_is_theirs(operator, grant)
        return _end(operator_of(Tenant.objects.get(pk=grant.tenant_id), operator), grant, SupportEnd.LEFT)


def end_expired_support() -> int:
    """Write down what ended by its time, in every tenant; how many. It opens nothing since then, written or not."""
    return tenancy.in_each(_end_expired)


def _end_expired(tenant: Tenant) -> int:
    over = SupportGrant.objects.filter(tenant=tenant, ended_at=None, ends_at__lte=database_now())
    rows = list(over.select_for_update(of=("self",), skip_locked=True))
    for grant in rows:
        _end(Actor.system(tenant, "support"), grant, SupportEnd.EXPIRED)
    return len(rows)


def _new(grant: SupportGrant) -> SupportGrant:
    """Write it down; one of each operator is open at a time, and members need none."""
    _end_expired(grant.tenant)
    if Membership.objects.filter(tenant=grant.tenant, user=grant.user).exists():
        said = _("%(name)s is a member of this organisation and needs no support access.")
        raise Conflict(said % {"name": grant.user})
    try:
        with transaction.atomic():
            grant.save(force_insert=True)
    except IntegrityError as error:
        raise Conflict(
            _("There is a support access of %(name)s already, waiting or open; end it first.") % {"name": grant.user}
        ) from error
    return grant


def _grant(actor: Actor, grant: SupportGrant) -> SupportGrant:
    access.require_fresh(actor)
    grant.granted_at, grant.decided_by = database_now(), actor.user
    grant.ends_at = grant.granted_at + timedelta(hours=grant.hours)
    grant.save(update_fields=["granted_at", "ends_at", "decided_by"])
    granted = SupportGranted(
        support_grant_id=grant.pk,
        user_id=grant.user_id,
        level=grant.level,
        hours=grant.hours,
        asked=grant.asked_at is not None,
        ends_at=grant.ends_at,
    )
    ledger.record(granted, actor=actor, subject=("support", grant.pk))
    return grant


def _end(actor: Actor, grant: SupportGrant, how: SupportEnd) -> SupportGrant:
    if grant.ended_at is not None or grant.refused_at is not None:
        return grant
    now: datetime = database_now()
    grant.ended_at = now
    grant.save(update_fields=["ended_at"])
    revoke_tokens_of_member(actor=actor, user_id=grant.user_id, now=now)
    was_open = grant.granted_at is not None
    ended = SupportEnded(support_grant_id=grant.pk, user_id=grant.user_id, how=how, was_open=was_open)
    ledger.record(ended, actor=actor, subject=("support", grant.pk))
    live.disconnect(user_id=grant.user_id, sentence=_("The support access has ended."))
    return grant


def _locked(grant: SupportGrant) -> SupportGrant:
    rows = SupportGrant.objects.select_for_update(of=("self",)).select_related("user", "tenant")
    return rows.get(pk=grant.pk)


def _checked(level: str, reason: str, hours: int) -> dict[str, object]:
    if level not in _LEVELS:
        sentence = _("Support access is given as viewer or as administrator.")
        raise Invalid(sentence, fields={"level": [sentence]})
    if not reason.strip() or len(reason.strip()) > 500:
        sentence = _("Say in a sentence what the access is for, in 500 signs at most.")
        raise Invalid(sentence, fields={"reason": [sentence]})
    if not 1 <= hours <= LONGEST_SUPPORT:
        sentence = _("Support access lasts between 1 and %(most)s hours.") % {"most": LONGEST_SUPPORT}
        raise Invalid(sentence, fields={"hours": [sentence]})
    return {"level": level, "reason": reason.strip(), "hours": hours}
