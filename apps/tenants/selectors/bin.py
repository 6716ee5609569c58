"""What lies in the tenant's bin, for those who could have deleted it."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from apps.tenants.choices import BinKind
from apps.tenants.models import BinnedThing, Webhook
from apps.tenants.selectors.projects import projects_of, shown_name
from foundation import access
from foundation.access import Permission, Role
from foundation.access.models import Group, Membership
from foundation.errors import NotFound
from foundation.identity import Actor
from foundation.identity.models import IdentityProvider, User

_ALWAYS = (BinKind.WEBHOOK, BinKind.IDENTITY_PROVIDER)
# What it takes to make one in a project, or to remove it where rows are destroyed; for all projects it is the
# organisation's.
BIN_PERMISSION: dict[BinKind, Permission] = {
    BinKind.STREAM: Permission.STREAM_MANAGE,
    BinKind.INGESTION: Permission.DATASET_CREATE,
    BinKind.TRANSFORMATION: Permission.DATASET_CREATE,
    BinKind.CONNECTION: Permission.CONNECTION_MANAGE,
    BinKind.FEATURE_VIEW: Permission.DATASET_DESTROY,
    BinKind.TRAINING_SET: Permission.DATASET_DESTROY,
    BinKind.FEATURE_SERVICE: Permission.FEATURE_DEFINE,
    BinKind.ON_DEMAND_VIEW: Permission.FEATURE_DEFINE,
}
_PAGES = {
    BinKind.GROUP: (Group, "group_detail", Permission.MEMBER_MANAGE),
    BinKind.WEBHOOK: (Webhook, "webhook_detail", Permission.TENANT_MANAGE),
    BinKind.IDENTITY_PROVIDER: (IdentityProvider, "provider_detail", Permission.TENANT_MANAGE),
}


@dataclass(frozen=True)
class Inside:
    """What comes back with a group: those of its people who are still members, and its roles, as (project, role)."""

    people: list[User] = field(default_factory=list)
    roles: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Place:
    """Where a thing is shown: the route of its page or of the bin's, and the id there."""

    page: str
    id: UUID


def binned_things(*, actor: Actor, project_id: UUID | None = None) -> QuerySet[BinnedThing]:
    """The newest first; what is kept of each is read where one is restored. Those that the actor could have deleted.

    With a project: what lies in it, and what was open to all projects of data's things.
    """
    if not access.can(actor, Permission.TENANT_MANAGE):
        access.require_somewhere(actor, Permission.DATASET_CREATE)
    rows = BinnedThing.objects.filter(tenant_id=actor.tenant_id, kept_until__gt=Now()).filter(_deletable(actor))
    for limit in filter(None, (project_id, actor.project_id)):
        rows = rows.filter(Q(project_id=limit) | Q(project_id=None, kind=BinKind.CONNECTION))
    return rows.select_related("deleted_by").defer("kept", "sealed")


def _deletable(actor: Actor) -> Q:
    manages = access.can(actor, Permission.TENANT_MANAGE)
    found = Q(kind__in=_ALWAYS if manages else ())
    if manages and access.can(actor, Permission.MEMBER_MANAGE):
        found |= Q(kind=BinKind.GROUP)
    for kind, permission in BIN_PERMISSION.items():
        if access.can(actor, permission):
            found |= Q(kind=kind) if manages else Q(kind=kind, project_id__isnull=False)
        else:
            found |= Q(kind=kind, project_id__in=access.granted_in(actor, permission))
    return found & ~Q(project_id__in=actor.going)


def get_binned(*, actor: Actor, binned_id: UUID, project_id: UUID | None = None) -> BinnedThing:
    found = binned_things(actor=actor, project_id=project_id).filter(pk=binned_id).first()
    if found is None:
        raise NotFound(_("There is no such thing in the bin (any more): it was restored, or it is deleted for ever."))
    return found


def inside_of(*, actor: Actor, binned: BinnedThing) -> Inside:
    """Names of what a group in the bin had; of the other kinds the counts say enough."""
    if binned.kind != BinKind.GROUP:
        return Inside()
    access.require(actor, Permission.TENANT_MANAGE)
    places = Membership.objects.filter(tenant_id=actor.tenant_id, pk__in=binned.kept["people"])
    people = [place.user for place in places.select_related("user").order_by("user__name")]
    wanted = {UUID(row["project"]): row["role"] for row in binned.kept["roles"]}
    found = projects_of(actor, ids=list(wanted))
    return Inside(people, [(shown_name(actor, one), str(Role(wanted[one.id]).label)) for one in found])


def place_of(*, actor: Actor, kind: str, thing_id: UUID) -> Place | None:
    """Where a group, webhook or identity provider is shown: on its page, in the bin, or nowhere any more."""
    if kind not in _PAGES or not access.can(actor, _PAGES[BinKind(kind)][2]):
        return None
    model, page, _permission = _PAGES[BinKind(kind)]
    if model._default_manager.filter(tenant_id=actor.tenant_id, pk=thing_id).exists():
        return Place(page, thing_id)
    if not access.can(actor, Permission.TENANT_MANAGE):
        return None
    binned = binned_things(actor=actor).filter(kind=kind, thing_id=thing_id).first()
    return Place("bin_detail", binned.pk) if binned else None
