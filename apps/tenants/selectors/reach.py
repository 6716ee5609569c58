"""Who can reach a thing, and why; and what one person can reach. Each answers in a constant number of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from apps.tenants.choices import HolderKind
from apps.tenants.selectors.projects import ProjectName, projects_of
from foundation import access
from foundation.access import Permission, Role, grants, guests
from foundation.access.models import GroupMember, Membership, ProjectRole, SupportGrant
from foundation.access.permissions import IN_PROJECT, NOT_FOR_GUESTS, ROLE_PERMISSIONS, TENANT_WIDE
from foundation.identity import Actor
from foundation.identity.models import ServiceAccount, User


@dataclass(frozen=True)
class Reach:
    """Somebody who holds a permission, and the ways by which they do, in words."""

    kind: HolderKind
    id: UUID
    name: str
    ways: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Reachable:
    """A project that a person reaches (None: every one of the tenant), by which role or permission, and why."""

    project: ProjectName | None
    what: str
    way: str


def who_can(*, actor: Actor, permission: Permission, project_id: UUID | None) -> list[Reach]:
    """Everybody who holds the permission in this project, or in the tenant outside its projects; by name.

    The caller has checked that the actor sees the thing that this is asked of.
    """
    people = {row.user_id: row for row in _places(actor)}
    programs = {row.pk: row for row in ServiceAccount.objects.filter(tenant_id=actor.tenant_id, disabled_at=None)}
    ways: dict[tuple[HolderKind, UUID], list[str]] = defaultdict(list)
    for holder, way in _ways(actor, permission, project_id, people.values(), programs.values()):
        ways[holder].append(way)
    names = {(HolderKind.USER, pk): str(row.user) for pk, row in people.items()}
    names |= {(HolderKind.SERVICE_ACCOUNT, pk): row.name for pk, row in programs.items()}
    for guest in guests.live().filter(tenant_id=actor.tenant_id).select_related("user"):
        if permission in ROLE_PERMISSIONS[Role(guest.level)] - NOT_FOR_GUESTS:
            holder = (HolderKind.USER, guest.user_id)
            names[holder] = str(guest.user)
            ways[holder].append(_by_support(guest))
    found = [Reach(*holder, names[holder], why) for holder, why in ways.items() if holder in names]
    return sorted(found, key=lambda reach: (reach.kind != HolderKind.USER, reach.name.casefold()))


def reach_of(*, actor: Actor, membership: Membership) -> list[Reachable]:
    """What a member reaches in the tenant's projects and why, the role in the tenant first."""
    access.require(actor, Permission.MEMBER_MANAGE)
    if membership.suspended_at is not None:
        way = _("their membership is suspended; what they were given waits until it is restored")
        return [Reachable(None, _("Nothing"), way)]
    projects = {project.id: project for project in projects_of(actor)}
    user = membership.user
    found = []
    if Permission.PROJECT_VIEW in ROLE_PERMISSIONS[Role(membership.role)]:
        label = str(Role(membership.role).label)
        found.append(Reachable(None, label, _("role in the tenant")))
    for row in _roles_of(user).filter(tenant_id=actor.tenant_id):
        way = _("given to them") if row.group is None else _("through the group “%(name)s”") % {"name": row.group}
        found.append(Reachable(projects.get(row.project_id), str(row.get_role_display()), way))
    for grant in grants.present().filter(user=user):
        label = str(Permission(grant.name).label) if grant.name in Permission.values else grant.name
        found.append(Reachable(projects.get(grant.project_id), label, _("granted by an approval")))
    return found


def reach_of_account(*, actor: Actor, account: ServiceAccount) -> list[Reachable]:
    """What a service account reaches in the tenant's projects and why, the role in the tenant first."""
    access.require(actor, Permission.MEMBER_MANAGE)
    projects = {project.id: project for project in projects_of(actor)}
    found = []
    if Permission.PROJECT_VIEW in ROLE_PERMISSIONS[Role(account.role)]:
        found.append(Reachable(None, str(Role(account.role).label), _("role in the tenant")))
    rows = ProjectRole.objects.filter(tenant_id=actor.tenant_id, service_account=account).order_by("given_at")
    given = _("given to it")
    return found + [Reachable(projects.get(row.project_id), str(row.get_role_display()), given) for row in rows]


def _roles_of(user: User) -> QuerySet[ProjectRole]:
    groups = GroupMember.objects.filter(user=user).values("group")
    rows = ProjectRole.objects.select_related("group").order_by("given_at")
    return rows.filter(user=user) | rows.filter(group__in=groups)


def _places(actor: Actor) -> Iterable[Membership]:
    rows = Membership.objects.filter(tenant_id=actor.tenant_id, suspended_at=None, user__is_active=True)
    return rows.select_related("user")


def _ways(
    actor: Actor,
    permission: Permission,
    project_id: UUID | None,
    people: Iterable[Membership],
    programs: Iterable[ServiceAccount],
) -> Iterator[tuple[tuple[HolderKind, UUID], str]]:
    brings = {role for role, held in ROLE_PERMISSIONS.items() if permission in held}
    for row in people:
        if row.role in brings:
            yield (HolderKind.USER, row.user_id), _by_role(row.role)
    for account in programs:
        if account.role in brings:
            yield (HolderKind.SERVICE_ACCOUNT, account.pk), _by_role(account.role)
    if project_id is not None and permission not in TENANT_WIDE:
        yield from _ways_in_project(actor, permission, project_id)


def _ways_in_project(
    actor: Actor, permission: Permission, project_id: UUID
) -> Iterator[tuple[tuple[HolderKind, UUID], str]]:
    given_here = ProjectRole.objects.filter(tenant_id=actor.tenant_id, project_id=project_id).select_related("group")
    rows = [row for row in given_here if permission in IN_PROJECT[Role(row.role)]]
    inside = defaultdict(list)
    for place in GroupMember.objects.filter(group__in=[row.group_id for row in rows if row.group_id]):
        inside[place.group_id].append(place.user_id)
    for row in rows:
        said = {"role": row.get_role_display(), "group": row.group}
        if row.user_id:
            yield (HolderKind.USER, row.user_id), _("%(role)s in this project") % said
        elif row.service_account_id:
            yield (HolderKind.SERVICE_ACCOUNT, row.service_account_id), _("%(role)s in this project") % said
        elif row.group_id:
            for user_id in inside[row.group_id]:
                way = _("%(role)s in this project through the group “%(group)s”") % said
                yield (HolderKind.USER, user_id), way
    given = grants.present().filter(object_pk=str(project_id), permission__codename=permission.value)
    for grant in given:
        yield (HolderKind.USER, grant.user_id), _("granted by an approval, in this project alone")


def _by_support(guest: SupportGrant) -> str:
    return _("platform support as %(role)s, until %(until)s") % {
        "role": guest.get_level_display(),
        "until": date_format(timezone.localtime(guest.ends_at), "SHORT_DATETIME_FORMAT"),
    }


def _by_role(role: str) -> str:
    return _("%(role)s of the tenant") % {"role": Role(role).label}
