"""How a project's slug in an address is found, who may listen to it, and what the switcher offers."""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext_lazy as _

from apps.projects import selectors
from apps.projects.models import Project
from foundation import access, live
from foundation.access import Permission
from foundation.identity import Actor
from foundation.web import navigation
from foundation.web.middleware import register_project_resolver


def register() -> None:
    register_project_resolver(_resolve)
    live.register_topic("project", check=_check_listener)
    navigation.register_choices(_choices)


def _resolve(actor: Actor, slug: str) -> Project:
    return selectors.get_project(actor=actor, slug=slug)


def _check_listener(actor: Actor, project_id: UUID) -> None:
    selectors.get_project_by_id(actor=actor, project_id=project_id)


def _choices(actor: Actor) -> list[navigation.Choice]:
    if not access.can(actor, Permission.PROJECT_VIEW):
        return []
    return [
        navigation.Choice(project.name, f"/t/{actor.tenant.slug}/p/{project.slug}/", group=_("Projects"))
        for project in selectors.visible_projects(actor=actor)
    ]
