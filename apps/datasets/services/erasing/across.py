"""A person in several projects: one look and one word, and an erasure of its own in each.

What one project refuses is said of that project; the others go on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

from apps.datasets import policies, selectors
from apps.datasets.choices import InProjectState
from apps.datasets.errors import NoSuchColumn
from apps.datasets.services.erasing.asking import begin, check_nothing_rests_on, checked, look, search_of
from apps.datasets.services.erasing.explaining import check_column_is_among
from apps.datasets.services.erasing.reaching import Reached, Search
from foundation import access
from foundation.errors import AccessDenied, Conflict, Invalid, PortalError
from foundation.identity import Actor
from foundation.refusals import heard

if TYPE_CHECKING:
    from apps.datasets.models import Erasure
    from apps.projects.models import Project


@dataclass(frozen=True, kw_only=True)
class InProject:
    """What came of it in one project: `sentence` says why nothing was found or begun, or what stands in the way."""

    project: Project
    state: InProjectState
    found: Sequence[Reached] = field(default=())
    erasure: Erasure | None = None
    sentence: str = ""


Act = Callable[["Project"], InProject]


def find_in_projects(
    *, actor: Actor, column: str, value: str, projects: Sequence[Project] | None = None
) -> list[InProject]:
    """Where the person is in each of these projects, or of all in which the actor may erase. Nothing is kept.

    What would hold an erasure up is said beside what was found. Invalid for a column that none of them has.
    """

    def act(project: Project) -> InProject:
        policies.check_can_erase(actor, project)
        search = search_of(actor, project, column, value)
        found = look(search)
        if not found:
            return InProject(project=project, state=InProjectState.NOWHERE)
        waits = _in_the_way(search, found)
        return InProject(project=project, state=InProjectState.FOUND, found=found, sentence=waits)

    return _in_each(actor, column, value, projects, act)


@transaction.atomic
def erase_in_projects(
    *,
    actor: Actor,
    column: str,
    value: str,
    projects: Sequence[Project] | None = None,
    break_chain: bool = False,
) -> list[InProject]:
    """Have the person erased from each of these projects, or from all in which the actor may erase.

    Each has an erasure of its own where the person is found. Refused as a whole where none was begun: Conflict with
    what each project says, Invalid where the person is in none of them.
    """

    def act(project: Project) -> InProject:
        policies.check_can_erase(actor, project)
        search = search_of(actor, project, column, value)
        found = look(search)
        if not found:
            return InProject(project=project, state=InProjectState.NOWHERE)
        begun = begin(search, found, project=project, break_chain=break_chain)
        return InProject(project=project, state=InProjectState.BEGUN, found=found, erasure=begun)

    answers = _in_each(actor, column, value, projects, act)
    if not any(one.erasure for one in answers):
        raise _none_begun(answers)
    return answers


def nowhere_at_all(answers: Sequence[InProject]) -> str:
    """The sentence for a person who is in none of the projects; empty where somebody was found or may be there."""
    if any(one.state is not InProjectState.NOWHERE for one in answers):
        return ""
    return _(
        "No row of these projects has this value in this column, however its capitals and outer spaces are written; "
        "nothing is to be erased. Projects that you may not erase in were not looked through."
    )


def _in_each(actor: Actor, column: str, value: str, projects: Sequence[Project] | None, act: Act) -> list[InProject]:
    access.require_fresh(actor)
    checked(column, value)
    chosen = list(selectors.erasable_projects(actor=actor) if projects is None else projects)
    # In one order for everybody: each holds its project until the end, and two who wait for each other end neither.
    tried = {project.pk: _tried(project, act) for project in sorted(chosen, key=lambda project: project.pk)}
    answers = [tried[project.pk] for project in chosen]
    if not any(one.found or one.state is InProjectState.REFUSED for one in answers):
        there = {name for one in chosen for name in selectors.columns_there(actor=actor, project_id=one.pk)}
        check_column_is_among(sorted(there), column)
    return answers


def _tried(project: Project, act: Act) -> InProject:
    """What the act answers; a refusal takes back what it did in this project alone."""
    try:
        with transaction.atomic():
            return act(project)
    except AccessDenied:
        # Asked for by name: a door that is knocked at is answered, and recorded, as it is everywhere.
        raise
    except NoSuchColumn as absence:
        return InProject(project=project, state=InProjectState.NOWHERE, sentence=absence.sentence)
    except PortalError as refusal:
        heard(refusal)
        return InProject(project=project, state=InProjectState.REFUSED, sentence=refusal.sentence)


def _in_the_way(search: Search, found: list[Reached]) -> str:
    try:
        check_nothing_rests_on(search, found, break_chain=True)
    except Conflict as refusal:
        return refusal.sentence
    return ""


def _none_begun(answers: Sequence[InProject]) -> PortalError:
    if sentence := nowhere_at_all(answers):
        return Invalid(sentence, fields={"value": [sentence]})
    said = [f"{one.project.name}: {one.sentence}" for one in answers if one.state is InProjectState.REFUSED]
    return Conflict(_("Nothing was begun. %(reasons)s") % {"reasons": " ".join(said)})
