"""Who of the platform is let into a tenant, and who asks to be."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Case, Q, QuerySet, When
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from foundation import access
from foundation.access import Permission
from foundation.access.models import Membership, SupportGrant
from foundation.errors import NotFound
from foundation.identity import Actor
from foundation.identity.models import User

_WAITS = Q(granted_at=None, refused_at=None, ended_at=None)
# What waits for an answer, then the newest. What a tenant gave unasked has no `asked_at`, what was refused no other.
NEWEST_FIRST = (Case(When(_WAITS, then=0), default=1), Coalesce("granted_at", "asked_at").desc(), "pk")


def support_grants(*, actor: Actor) -> QuerySet[SupportGrant]:
    """All of the tenant, what waits and then the newest first: asked for, granted, refused, ended.

    `since` is when it was granted, or else asked for: never empty, so that pages by key can go by it.
    """
    access.require(actor, Permission.TENANT_MANAGE)
    rows = SupportGrant.objects.filter(tenant_id=actor.tenant_id).annotate(since=Coalesce("granted_at", "asked_at"))
    return rows.select_related("user", "decided_by").order_by(*NEWEST_FIRST)


def get_support_grant(*, actor: Actor, grant_id: UUID) -> SupportGrant:
    found = support_grants(actor=actor).filter(pk=grant_id).first()
    if found is None:
        raise NotFound(_("There is no such support access in this organisation."))
    return found


def waiting_support(*, actor: Actor) -> QuerySet[SupportGrant]:
    """What an administrator has yet to grant or refuse."""
    return support_grants(actor=actor).filter(_WAITS)


def operators() -> list[User]:
    """Whoever operates the platform, by name."""
    return list(User.objects.filter(is_operator=True, is_active=True).order_by("name", "email"))


def operators_to_let_in(*, actor: Actor) -> list[User]:
    """Those of them whom the actor's tenant could let in: its own members come in without."""
    members = set(Membership.objects.filter(tenant_id=actor.tenant_id).values_list("user_id", flat=True))
    return [user for user in operators() if user.pk not in members]


def get_operator(*, user_id: UUID) -> User:
    found = next((user for user in operators() if user.pk == user_id), None)
    if found is None:
        raise NotFound(_("This platform has no such operator."))
    return found
