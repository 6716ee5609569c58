"""What may be done to the organisation as a whole: its settings, limits, support and end."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from django.utils.translation import gettext as _

from apps.tenants.policies.people import check_sees_project
from foundation import access
from foundation.access import Permission
from foundation.access.models import SupportGrant
from foundation.errors import Conflict, Invalid, NotFound
from foundation.identity import Actor
from foundation.identity.models import User
from foundation.tenancy.models import Tenant


def check_can_change_tenant(actor: Actor) -> None:
    """Names and zones: they outlast any visit of the platform's support, so they are for its own administrators."""
    access.require(actor, Permission.TENANT_MANAGE)
    access.require_own(actor)


def check_can_change_limits(actor: Actor, project_id: UUID | None) -> None:
    """Prices, quotas and budgets; those of a project name one of the tenant."""
    access.require(
        actor,
        Permission.TENANT_MANAGE,
        else_say=_("A tenant administrator sets prices, quotas and budgets."),
    )
    access.require_own(actor)
    if project_id is not None:
        check_sees_project(actor, project_id)


def check_can_leave(actor: Actor) -> None:
    """Export and deletion of the whole organisation: for its own administrators."""
    access.require(
        actor, Permission.TENANT_MANAGE, else_say=_("A tenant administrator exports or deletes the organisation.")
    )
    access.require_own(actor)


def check_nothing_held(names: Collection[str]) -> None:
    if names:
        sentence = _("Under legal hold: %(names)s. A compliance officer releases it before the organisation can go.")
        raise Conflict(sentence % {"names": ", ".join(names)}, details={"held": list(names)})


def check_name_typed(actor: Actor, typed: str) -> None:
    if typed.strip() != actor.tenant.slug:
        sentence = _("Type the organisation's short name, %(name)s, to confirm.") % {"name": actor.tenant.slug}
        raise Invalid(sentence, fields={"confirmation": [sentence]})


def check_can_grant_support(actor: Actor) -> None:
    """The organisation's own administrators let support in: nobody who is in by support lengthens it."""
    check_can_end_support(actor)
    access.require_own(actor)


def check_can_end_support(actor: Actor) -> None:
    access.require(
        actor, Permission.TENANT_MANAGE, else_say=_("A tenant administrator decides on the platform's support access.")
    )


def check_waits(grant: SupportGrant) -> SupportGrant:
    if grant.granted_at is not None or grant.refused_at is not None or grant.ended_at is not None:
        raise Conflict(_("This request for support access was decided or withdrawn already."))
    return grant


def check_is_theirs(operator: User, grant: SupportGrant) -> None:
    if grant.user_id != operator.pk:
        raise NotFound(_("There is no such support access."))


def check_is_there(tenant: Tenant | None) -> Tenant:
    """A tenant that an operator still changes: there, and not deleted."""
    if tenant is None:
        raise NotFound(_("There is no such tenant."))
    if tenant.deletion_begun_at is not None:
        raise Conflict(_("This organisation has left; nothing of it can be changed any more."))
    return tenant
