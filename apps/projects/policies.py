from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from foundation import access
from foundation.access import Permission
from foundation.errors import Conflict, Invalid, NotFound
from foundation.identity import Actor
from foundation.web.calendars import day_in_words

if TYPE_CHECKING:
    from apps.projects.models import Project
    from apps.projects.selectors import AtWork
    from apps.projects.services import Dependant


def check_can_create(actor: Actor) -> None:
    access.require(actor, Permission.PROJECT_CREATE)


def check_can_share(actor: Actor, project: Project) -> None:
    access.require(actor, Permission.PROJECT_SHARE, project)


def check_can_edit(actor: Actor, project: Project) -> None:
    access.require(actor, Permission.PROJECT_EDIT, project)


def check_can_archive(actor: Actor, project: Project) -> None:
    """The way back asks for the same, so that whoever archives a project can bring it back."""
    access.require(actor, Permission.PROJECT_ARCHIVE, project)


def check_nothing_works(at_work: Collection[AtWork]) -> None:
    """Whoever asks a deployment for predictions hears of its end from whoever ends it, not from an archive."""
    if at_work:
        named = "; ".join(f"{one.name}: {one.says}" for one in at_work)
        raise Conflict(
            _(
                "Something still serves, runs or waits here, and an archived project rests: %(named)s. End each first; "
                "Project settings, Archive, leads to them."
            )
            % {"named": named},
            details={"at_work": [{"kind": one.kind, "id": str(one.id), "name": one.name} for one in at_work]},
        )


def check_can_delete(actor: Actor, project: Project) -> None:
    """An administrator of the organisation; keeping it asks for the same."""
    access.require(
        actor,
        Permission.PROJECT_DELETE,
        project,
        else_say=_("An administrator of the organisation deletes a project for ever, or keeps it."),
    )


def check_name_typed(project: Project, typed: str) -> None:
    """Name or short name, as it is read on the page."""
    if " ".join(typed.split()) not in {project.slug, " ".join(project.name.split())}:
        sentence = _("Type the project's name or short name, %(name)s, to confirm.") % {"name": project.slug}
        raise Invalid(sentence, fields={"confirmation": [sentence]})


def check_is_archived(project: Project) -> None:
    """What others rely on ends before an archive; so nothing that serves or runs is deleted."""
    if project.archived_at is None:
        raise Conflict(_("Archive the project first; only an archived project is deleted for ever."))


def check_is_there(project: Project) -> None:
    if project.deletion_begun_at is not None:
        raise NotFound(_("There is no such project here, or it is not yours to see."))


def check_stays(project: Project) -> None:
    if project.deletion_due is not None:
        raise Conflict(
            _(
                "“%(project)s” will be deleted for ever on %(day)s. An administrator of the organisation keeps it "
                "under Project settings, Archive; after that it can be brought back."
            )
            % {"project": project.name, "day": day_in_words(project.deletion_due)}
        )


def check_nothing_held(names: Collection[str]) -> None:
    if names:
        sentence = _("Under legal hold here: %(names)s. A compliance officer releases it before the project can go.")
        raise Conflict(sentence % {"names": ", ".join(names)}, details={"held": list(names)})


def check_nothing_made_elsewhere(made: Collection[Dependant]) -> None:
    """What was made of its things could not be made again, and its chain would end in nothing."""
    if made:
        named = "; ".join(f"{one.project.name}: {one.name}" for one in made)
        raise Conflict(
            _(
                "Other projects made something of what lies here: %(named)s. Delete those projects first, or keep this "
                "one archived."
            )
            % {"named": named},
            details={"made_elsewhere": [{"kind": one.kind, "id": str(one.id), "name": one.name} for one in made]},
        )
