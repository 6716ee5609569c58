"""Reads of members, tokens and sessions, each limited to what the asker may see."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from apps.tenants.choices import HolderKind, TokenState
from apps.tenants.models import Invitation
from apps.tenants.selectors.projects import ProjectName, projects_of
from apps.tenants.selectors.reach import who_can
from foundation import access, ledger
from foundation.access import Permission, Role, grants
from foundation.access.actors import memberships_of, rebuild_actor
from foundation.access.models import Membership, SupportGrant, UserGrant
from foundation.errors import NotFound
from foundation.identity import Actor
from foundation.identity.models import ApiToken, ServiceAccount, User
from foundation.identity.ways import Way
from foundation.tenancy.models import Tenant


@dataclass(frozen=True)
class Given:
    """A permission that a member holds in one project beside their role."""

    id: int
    membership_id: UUID
    person: str
    permission: str
    label: str
    project: ProjectName | None
    given_at: datetime


def members(*, actor: Actor) -> QuerySet[Membership]:
    """Everybody in the actor's tenant."""
    access.require(actor, Permission.TENANT_VIEW, actor.tenant)
    return _members(actor)


def get_member(*, actor: Actor, membership_id: UUID) -> Membership:
    found = members(actor=actor).filter(pk=membership_id).first()
    if found is None:
        raise NotFound(_("There is no such member in this tenant."))
    return found


def member_of(*, actor: Actor, user_id: UUID) -> Membership | None:
    """The person's place in the actor's tenant; None for whoever has left it or was never in it."""
    access.require(actor, Permission.TENANT_VIEW)
    return _members(actor).filter(user_id=user_id).first()


def people_who_may(*, actor: Actor, permission: Permission, project_id: UUID | None = None) -> list[User]:
    """The members who hold a permission by their role in the tenant or the project, or by a grant: whom to ask."""
    access.require(actor, Permission.TENANT_VIEW)
    found = who_can(actor=actor, permission=permission, project_id=project_id)
    people = [reach.id for reach in found if reach.kind == HolderKind.USER]
    return [row.user for row in _members(actor).filter(user_id__in=people)]


def permissions_given(*, actor: Actor, membership: Membership | None = None) -> list[Given]:
    """What members hold in single projects beside their roles, the newest first; of one member where one is given."""
    access.require(actor, Permission.TENANT_VIEW, actor.tenant)
    places = {row.user_id: row for row in ([membership] if membership else _members(actor))}
    projects = {project.id: project for project in projects_of(actor)}
    rows = grants.present().filter(user_id__in=places).order_by("-given_at", "-pk")
    return [_given(row, places[row.user_id], projects.get(row.project_id)) for row in rows]


def get_permission_given(*, actor: Actor, membership: Membership, grant_id: int) -> UserGrant:
    found = grants.present().filter(user_id=membership.user_id, pk=grant_id).first()
    if found is None:
        raise NotFound(_("This permission was taken back already."))
    return found


def names_of(*, actor: Actor, user_ids: Collection[UUID | None]) -> dict[UUID, str]:
    """Names of members and service accounts, and of people who acted in the tenant and have left it; of nobody else.

    Operators of the platform who were let in are told apart from members.
    """
    access.require(actor, Permission.TENANT_VIEW)
    wanted = {pk for pk in user_ids if pk}
    names = {row.user_id: str(row.user) for row in _members(actor).filter(user_id__in=wanted)}
    if wanted - names.keys():
        programs = ServiceAccount.objects.filter(tenant_id=actor.tenant_id, pk__in=wanted - names.keys())
        names |= dict(programs.values_list("pk", "name"))
    gone = ledger.who_acted(tenant_id=actor.tenant_id, user_ids=wanted - names.keys())
    rest = wanted - names.keys()
    guests = SupportGrant.objects.filter(tenant_id=actor.tenant_id, user_id__in=rest) if rest else ()
    support = {row.user_id for row in guests}
    for user in User.objects.filter(pk__in=gone | support):
        names[user.pk] = f"{user} · platform support" if user.pk in support else str(user)
    return names


def open_invitations(*, actor: Actor) -> QuerySet[Invitation]:
    access.require(actor, Permission.MEMBER_MANAGE)
    rows = Invitation.objects.filter(tenant_id=actor.tenant_id, accepted_at=None, withdrawn_at=None)
    return rows.select_related("invited_by")


def get_invitation(*, actor: Actor, invitation_id: UUID) -> Invitation:
    found = open_invitations(actor=actor).filter(pk=invitation_id).first()
    if found is None:
        raise NotFound(_("There is no such invitation, or it was accepted or withdrawn."))
    return found


def visible_tokens(*, actor: Actor) -> QuerySet[ApiToken]:
    """The actor's own tokens; a tenant administrator sees those of all members and programs.

    Workloads' come and go unseen.
    """
    access.require(actor, Permission.TENANT_VIEW)
    owned = Q(user__isnull=False) | Q(service_account__isnull=False)
    rows = ApiToken.objects.filter(owned, tenant_id=actor.tenant_id).select_related("user", "service_account")
    if actor.project_id is not None:
        rows = rows.filter(project_id=actor.project_id)
    return rows if access.can(actor, Permission.MEMBER_MANAGE) else rows.filter(user=actor.user)


def service_accounts(*, actor: Actor) -> QuerySet[ServiceAccount]:
    """The tenant's programs, by name."""
    access.require(actor, Permission.MEMBER_MANAGE)
    return ServiceAccount.objects.filter(tenant_id=actor.tenant_id).order_by("name")


def get_service_account(*, actor: Actor, account_id: UUID) -> ServiceAccount:
    found = service_accounts(actor=actor).filter(pk=account_id).first()
    if found is None:
        raise NotFound(_("There is no such service account in this tenant."))
    return found


def live_tokens(*, actor: Actor, now: datetime) -> QuerySet[ApiToken]:
    """Those that still open something."""
    return visible_tokens(actor=actor).filter(Q(expires_at=None) | Q(expires_at__gt=now), revoked_at=None)


def permissions_held(*, actor: Actor, project_id: UUID | None = None) -> list[Permission]:
    """What the actor holds in the tenant or in one project at least; with `project_id`, what they hold there.

    A token that names them does no more than that: each use asks its owner and what it was made for.
    """
    if project_id is None:
        return [permission for permission in Permission if access.can_somewhere(actor, permission)]
    place = access.Inside(project_id)
    return [p for p in Permission if p not in access.TENANT_WIDE and access.can(actor, p, place)]


def permissions_of_account(
    *, actor: Actor, account: ServiceAccount, project_id: UUID | None = None
) -> list[Permission]:
    """`permissions_held` of a service account, by its role and its roles in projects; none while it is disabled."""
    access.require(actor, Permission.MEMBER_MANAGE)
    if account.disabled_at is not None:
        return []
    program = rebuild_actor(tenant=actor.tenant, kind="service", actor_id=account.pk)
    return permissions_held(actor=program, project_id=project_id)


def get_token(*, actor: Actor, token_id: UUID) -> ApiToken:
    found = visible_tokens(actor=actor).filter(pk=token_id).first()
    if found is None:
        raise NotFound(_("There is no such token, or it is not yours to see."))
    return found


def token_state(token: ApiToken, *, now: datetime) -> TokenState:
    if token.revoked_at is not None:
        return TokenState.REVOKED
    return TokenState.EXPIRED if token.expires_at is not None and token.expires_at <= now else TokenState.LIVE


def tenants_of(*, user: User, way: Way | None = None) -> list[tuple[Tenant, Role]]:
    """The tenants that a person belongs to, with their role in each; of a session, those that it opens."""
    rows = [row for row in memberships_of(user) if way is None or way.opens(row.tenant_id)]
    found = [(row.tenant, Role(row.role)) for row in rows]
    return sorted(found, key=lambda pair: pair[0].name)


def _given(grant: UserGrant, membership: Membership, project: ProjectName | None) -> Given:
    known = grant.name in Permission.values
    label = str(Permission(grant.name).label) if known else grant.name
    return Given(grant.pk, membership.pk, str(membership.user), grant.name, label, project, grant.given_at)


def _members(actor: Actor) -> QuerySet[Membership]:
    return Membership.objects.filter(tenant_id=actor.tenant_id).select_related("user")
