"""Grants beside the role: one permission, to one person, in one project. Guardian's rows are touched here alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from uuid import UUID

from django.contrib.auth.models import Permission as GuardianPermission
from django.contrib.contenttypes.models import ContentType
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, Q, QuerySet
from django.db.models.functions import JSONObject

from foundation.access.models import GroupMember, ProjectRole, UserGrant
from foundation.access.permissions import IN_PROJECT, TENANT_WIDE, Permission, Role
from foundation.errors import Invalid
from foundation.identity.models import User


def of_person() -> dict[str, ArraySubquery]:
    """What a person holds in single projects, to annotate their membership with: `granted` and `roles`.

    The tenant is said in each part, since whoever watches over many (tenancy.places_in) sees the rows of all of them.
    """
    granted = present().filter(user_id=OuterRef("user_id"), tenant_id=OuterRef("tenant_id")).order_by()
    place = {"user_id": OuterRef(OuterRef("user_id")), "tenant_id": OuterRef(OuterRef("tenant_id"))}
    through_groups = GroupMember.objects.filter(**place).values("group")
    return {
        "granted": ArraySubquery(
            granted.values(pair=JSONObject(project="object_pk", permission="permission__codename"))
        ),
        "roles": _roles(Q(user_id=OuterRef("user_id")) | Q(group__in=through_groups)),
    }


def of_program() -> dict[str, ArraySubquery]:
    """What a service account holds in single projects, to annotate it with: `roles`."""
    return {"roles": _roles(Q(service_account_id=OuterRef("pk")))}


def _roles(holder: Q) -> ArraySubquery:
    rows = ProjectRole.objects.filter(holder, tenant_id=OuterRef("tenant_id")).order_by()
    return ArraySubquery(rows.values(pair=JSONObject(project="project_id", role="role")))


def by_project(granted: Iterable[Mapping[str, str]], roles: Iterable[Mapping[str, str]]) -> dict[UUID, frozenset[str]]:
    """What single grants and roles in projects open together, by project."""
    found: dict[UUID, set[str]] = defaultdict(set)
    for row in granted:
        found[UUID(row["project"])].add(row["permission"])
    for row in roles:
        found[UUID(row["project"])] |= IN_PROJECT[Role(row["role"])]
    return {project_id: frozenset(names) for project_id, names in found.items()}


def present() -> QuerySet[UserGrant]:
    """The grants of the present scope's tenant."""
    of_projects = {"content_type__app_label": "projects", "content_type__model": "project"}
    return UserGrant.objects.filter(**of_projects).select_related("permission")


def give(*, user: User, permission: Permission, project_id: UUID) -> tuple[UserGrant, bool]:
    """Grant it, and whether it is new; the caller has found the project in the present scope."""
    if permission in TENANT_WIDE:
        raise Invalid(f"{permission.value} is held in the whole tenant; it cannot be granted in a project.")
    project_type = ContentType.objects.get(app_label="projects", model="project")
    # Guardian points at Django's permissions; ours are words of the code, so their rows are made when first needed.
    row, _made = GuardianPermission.objects.get_or_create(
        content_type=project_type, codename=permission.value, defaults={"name": permission.value}
    )
    return UserGrant.objects.get_or_create(
        user=user, permission=row, content_type=project_type, object_pk=str(project_id)
    )


def take_back(grant: UserGrant) -> None:
    grant.delete()
