"""Reads of groups and of the roles that people, groups and programs have in single projects."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, QuerySet
from django.utils.translation import gettext as _

from apps.tenants.choices import HolderKind
from apps.tenants.selectors.projects import ProjectName, as_uuid, project_named, projects_of, sees_project
from foundation import access
from foundation.access import Permission
from foundation.access.models import Group, GroupMember, Membership, ProjectRole
from foundation.errors import NotFound
from foundation.identity import Actor
from foundation.identity.models import ServiceAccount, User


@dataclass(frozen=True)
class RoleHere:
    """A role in one project: whose, which, since when."""

    id: UUID
    kind: HolderKind
    holder_id: UUID
    holder: str
    role: str
    label: str
    project: ProjectName | None
    given_at: datetime


def groups(*, actor: Actor) -> QuerySet[Group]:
    """The tenant's groups by name, with how many people and projects each has."""
    access.require(actor, Permission.MEMBER_MANAGE)
    rows = Group.objects.filter(tenant_id=actor.tenant_id).order_by("name")
    return rows.annotate(
        people=Count("places", distinct=True), projects=Count("project_roles__project_id", distinct=True)
    )


def get_group(*, actor: Actor, group_id: UUID) -> Group:
    found = groups(actor=actor).filter(pk=group_id).first()
    if found is None:
        raise NotFound(_("There is no such group in this tenant."))
    return found


def names_of_groups(*, actor: Actor) -> dict[UUID, str]:
    """The names of the groups that there are, for whoever reads the record."""
    access.require(actor, Permission.LEDGER_VIEW)
    return dict(Group.objects.filter(tenant_id=actor.tenant_id).values_list("pk", "name"))


def people_of_group(*, actor: Actor, group: Group) -> list[User]:
    access.require(actor, Permission.MEMBER_MANAGE)
    places = GroupMember.objects.filter(group=group).select_related("user").order_by("user__name")
    return [place.user for place in places]


def person_of_tenant(*, actor: Actor, user_id: str) -> User:
    """The member of this id, as a form names them."""
    access.require(actor, Permission.MEMBER_MANAGE)
    places = Membership.objects.filter(tenant_id=actor.tenant_id).select_related("user")
    place = places.filter(user_id=key).first() if (key := as_uuid(user_id)) else None
    if place is None:
        raise NotFound(_("There is no such member in this tenant."))
    return place.user


def groups_of(*, actor: Actor, user: User) -> list[Group]:
    access.require(actor, Permission.MEMBER_MANAGE)
    return list(Group.objects.filter(tenant_id=actor.tenant_id, places__user=user).order_by("name"))


def project_roles(
    *, actor: Actor, project_id: UUID | None = None, holder: tuple[HolderKind, UUID] | None = None
) -> list[RoleHere]:
    """The roles given in the projects that the actor sees, newest first; in one project, or of one holder alone."""
    access.require_somewhere(actor, Permission.PROJECT_VIEW)
    projects = {project.id: project for project in projects_of(actor, ids=[project_id] if project_id else None)}
    wanted = [project_id] if project_id else list(projects)
    rows = ProjectRole.objects.filter(tenant_id=actor.tenant_id, project_id__in=wanted)
    if holder is not None:
        rows = rows.filter(**{f"{holder[0].value}_id": holder[1]})
    rows = rows.select_related("user", "group", "service_account").order_by("-given_at")
    return [_here(row, projects.get(row.project_id)) for row in rows if row.project_id in projects]


def get_project_role(*, actor: Actor, role_id: UUID) -> ProjectRole:
    found = ProjectRole.objects.filter(tenant_id=actor.tenant_id, pk=role_id).first()
    if found is None or not sees_project(actor, found.project_id):
        raise NotFound(_("This role was taken back already, or it is not yours to see."))
    return found


def role_here(*, actor: Actor, role_id: UUID) -> RoleHere:
    """One role in a project that the actor sees."""
    row = get_project_role(actor=actor, role_id=role_id)
    return _here(row, project_named(actor, str(row.project_id)))


def possible_holders(*, actor: Actor) -> list[tuple[str, str]]:
    """Whoever could be given a role in a project, as `user:<id>` and the name; people first."""
    access.require_somewhere(actor, Permission.PROJECT_SHARE)
    people = Membership.objects.filter(tenant_id=actor.tenant_id, suspended_at=None).select_related("user")
    teams = Group.objects.filter(tenant_id=actor.tenant_id)
    programs = ServiceAccount.objects.filter(tenant_id=actor.tenant_id, disabled_at=None)
    return [
        *((f"user:{row.user_id}", str(row.user)) for row in people.order_by("user__name")),
        *((f"group:{row.pk}", row.name) for row in teams.order_by("name")),
        *((f"service_account:{row.pk}", row.name) for row in programs.order_by("name")),
    ]


def _here(row: ProjectRole, project: ProjectName | None) -> RoleHere:
    kind = next(kind for kind in HolderKind if getattr(row, f"{kind.value}_id"))
    holder = getattr(row, kind.value)
    return RoleHere(row.pk, kind, holder.pk, str(holder), row.role, str(row.get_role_display()), project, row.given_at)
