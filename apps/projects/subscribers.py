"""How a project's slug in an address is found, who may listen to it, and what other rooms are told of projects."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from apps.projects import selectors
from apps.tenants import selectors as tenant_selectors
from apps.tenants import services as tenants
from foundation import access, live
from foundation.access import Permission, Role, archives
from foundation.identity import Actor
from foundation.web import navigation
from foundation.web.middleware import register_project_resolver

if TYPE_CHECKING:
    from apps.projects.models import Project

# More are found by name in the palette, or in the list of all.
_OFFERED = 50


def register() -> None:
    register_project_resolver(_resolve)
    archives.register(selectors.all_projects)
    live.register_topic("project", check=_check_listener)
    navigation.register_choices(_choices)
    tenants.register_start(Role.SCIENTIST, _start)
    tenant_selectors.register_project_names(_names)


def _resolve(actor: Actor, slug: str) -> Project:
    return selectors.get_project(actor=actor, slug=slug)


def _check_listener(actor: Actor, project_id: UUID) -> None:
    selectors.get_project_by_id(actor=actor, project_id=project_id)


def _start(actor: Actor) -> str | None:
    """A scientist begins in the project where they worked last."""
    project = selectors.project_of_actor(actor=actor)
    return f"/t/{actor.tenant.slug}/p/{project.slug}/" if project else None


def _names(
    actor: Actor, *, ids: Collection[UUID] | None = None, slug: str | None = None, deleted: bool = False
) -> list[tenant_selectors.ProjectName]:
    if not access.can_somewhere(actor, Permission.PROJECT_VIEW):
        return []
    rows = selectors.deleted_projects(actor=actor) if deleted else selectors.visible_projects(actor=actor)
    rows = rows if ids is None else rows.filter(pk__in=ids)
    rows = rows if slug is None else rows.filter(slug=slug)
    return [
        tenant_selectors.ProjectName(
            project.pk, project.slug, selectors.name_of_deleted(project) if deleted else project.name
        )
        for project in rows
    ]


def _choices(actor: Actor) -> list[navigation.Choice]:
    if not access.can_somewhere(actor, Permission.PROJECT_VIEW):
        return []
    here = f"/t/{actor.tenant.slug}"
    found = [
        navigation.Choice(project.name, f"{here}/p/{project.slug}/", group=_("Projects"))
        for project in selectors.open_projects(actor=actor)[:_OFFERED]
    ]
    if len(found) == _OFFERED:
        found.append(navigation.Choice(_("All projects"), f"{here}/projects/", group=_("Projects")))
    if access.can(actor, Permission.PROJECT_CREATE):
        found.append(navigation.Choice(_("New project"), f"{here}/projects/new/", group=_("Projects")))
    return found
