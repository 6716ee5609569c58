"""Grants beside the role: one permission, to one person, in one project. Guardian's rows are touched here alone."""

from __future__ import annotations

from collections import defaultdict
from uuid import UUID

from django.contrib.auth.models import Permission as GuardianPermission
from django.contrib.contenttypes.models import ContentType
from django.db.models import QuerySet

from foundation.access.models import UserGrant
from foundation.access.permissions import TENANT_WIDE, Permission
from foundation.errors import Invalid
from foundation.identity.models import User


def held_by(user: User) -> dict[UUID, frozenset[str]]:
    """What the person was granted in the present scope, by project."""
    grants: dict[UUID, set[str]] = defaultdict(set)
    for object_pk, name in present().filter(user=user).values_list("object_pk", "permission__codename"):
        grants[UUID(object_pk)].add(name)
    return {project_id: frozenset(names) for project_id, names in grants.items()}


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
