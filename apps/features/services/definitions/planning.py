"""The difference between a file and what is there, and making it so.

A plan makes everything and takes it back, in one transaction: so it can say nothing else than what an apply does, and
every check of every service speaks in it. Its digest is of all that it was decided by; an apply that is given it does
nothing where that has changed meanwhile.

Both hold the project while they make, so that nobody else numbers anything in it. What takes time is asked before: the
sandbox describes and tries each view, and while the project is held it is asked only what has changed since.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

from apps.features import policies
from apps.features.errors import DefinitionRefused
from apps.features.events import DefinitionsApplied
from apps.features.services.definitions.reading import MOST_PROBLEMS, Problem, Unreadable, Value, read, unknown
from apps.features.services.definitions.sections import Context, Left, Section, Step, Wanted, sections
from apps.features.services.definitions.taking_back import taken_back
from apps.projects.services import lock_project
from foundation import lake, ledger
from foundation.errors import Conflict, Invalid, NotFound
from foundation.identity import Actor

if TYPE_CHECKING:
    from apps.projects.models import Project

_MOST = 500


@dataclass(frozen=True)
class Plan:
    """What a file comes to. `digest` names it for `apply_definitions`."""

    steps: tuple[Step, ...]
    left: tuple[Left, ...]
    digest: str

    @property
    def changes(self) -> list[Step]:
        """The steps that change anything."""
        return [step for step in self.steps if step.action != "unchanged"]


@dataclass(frozen=True)
class _Read:
    """A file's definitions as they were read; what is wrong with words of others, and the names of those."""

    wanted: list[tuple[Section, Wanted]]
    problems: list[Problem]
    unread: set[str]


def plan_definitions(*, actor: Actor, project: Project, text: str) -> Plan:
    """What the file would change; nothing is kept. DefinitionRefused tells all that is wrong with it, line by line."""
    policies.check_can_define(actor, project)
    file = _read(text)
    with _asked(Context(actor, project), file.wanted) as context:
        return taken_back(lambda: _made(context, file))


@transaction.atomic
def apply_definitions(*, actor: Actor, project: Project, text: str, plan: str = "") -> Plan:
    """Make the file true, all of it or nothing. With `plan`, a plan's digest, only if it still says the same."""
    policies.check_can_define(actor, project)
    file = _read(text)
    with _asked(Context(actor, project), file.wanted) as context:
        made = _made(context, file)
    if plan and plan != made.digest:
        raise Conflict(
            _("This is not what the plan said: the file or what is there has changed since. Look at a new plan first."),
            details={"plan": made.digest},
        )
    if made.changes:
        applied = DefinitionsApplied(plan_digest=made.digest, change_count=len(made.changes))
        ledger.record(applied, actor=actor, project_id=project.pk, subject=("project", project.pk))
    return made


def _read(text: str) -> _Read:
    """Whatever can be read is, so that one word that is wrong hides nothing of what else is; DefinitionRefused where
    nothing can be."""
    problems: list[Problem] = []
    try:
        found = read(text, problems)
    except Unreadable as unreadable:
        _refuse([unreadable.problem])
    known = {section.word: section for section in sections()}
    problems += [Problem(value.line, unknown(word, known)) for word, value in found.items() if word not in known]
    file = _Read([], problems, set())
    for section in sections():
        for name, value in _named(found.get(section.word), section.word, problems):
            wrong: list[Problem] = []
            wanted = section.read(name, value, wrong)
            if wrong:
                problems += wrong[: max(0, MOST_PROBLEMS - len(problems))]
                file.unread.add(name)
            else:
                file.wanted.append((section, wanted))
    if len(file.wanted) > _MOST:
        problems.append(Problem(1, _("A file holds at most %(most)d definitions. Part it.") % {"most": _MOST}))
    elif not file.wanted and not problems:
        problems.append(Problem(1, _("There is no definition in the file. Begin with a section like “entities:”.")))
    if problems and (not file.wanted or len(file.wanted) > _MOST):
        _refuse(problems)
    return file


def _named(section: Value | None, word: str, problems: list[Problem]) -> Iterator[tuple[str, Value]]:
    if section is None or section.data is None:
        return
    if not isinstance(section.data, dict):
        said = _("“%(section)s” is names, and below each its fields, moved in.") % {"section": word}
        problems.append(Problem(section.line, said))
        return
    yield from section.data.items()


@contextmanager
def _asked(context: Context, wanted: list[tuple[Section, Wanted]]) -> Iterator[Context]:
    """Within it the sandbox has told all that it could before anything was locked."""
    with lake.sandbox.asked_once():
        for section, one in wanted:
            # What is wrong here is wrong when it is made, where it is told with its line and all the rest.
            with suppress(Invalid, Conflict, NotFound):
                section.ask(context, one)
        yield context


def _made(context: Context, file: _Read) -> Plan:
    # Of two that come at once the second finds what the first has made.
    lock_project(project_id=context.project.pk)
    steps: list[Step] = []
    problems, failed = [*file.problems], set(file.unread)
    for section, one in file.wanted:
        try:
            with transaction.atomic():
                steps.append(section.make(context, one))
        except (Invalid, Conflict, NotFound) as refusal:
            # What only lacks something that the file holds, and that has failed, is right once that is.
            if refusal.details.get("lacks") not in failed:
                problems += _problems(section, one, refusal)
            failed.add(one.name)
    if problems:
        _refuse(problems)
    named = {(section.word, one.name) for section, one in file.wanted}
    left = tuple(
        Left(section.word, name)
        for section in sections()
        for name, _fields in section.there(context)
        if (section.word, name) not in named
    )
    return Plan(tuple(steps), left, _digest(steps))


def _problems(section: Section, wanted: Wanted, refusal: Invalid | Conflict | NotFound) -> Iterator[Problem]:
    fields = refusal.fields if isinstance(refusal, Invalid) else {}
    place = next((name for name in fields if name in wanted.lines), "")
    what = f"{section.word}.{wanted.name}.{place}" if place else f"{section.word}.{wanted.name}"
    yield Problem(wanted.lines.get(place, wanted.line), f"{what}: {refusal.sentence}")


def _digest(steps: list[Step]) -> str:
    whole = json.dumps([asdict(step) | {"line": 0, "notes": []} for step in steps], sort_keys=True)
    return hashlib.sha256(whole.encode()).hexdigest()


def _refuse(problems: list[Problem]) -> None:
    problems = sorted(problems, key=lambda one: one.line)
    told = [str(problem) for problem in problems]
    sentence = told[0]
    if len(told) > 1:
        sentence = _("%(first)s And %(count)d more.") % {"first": sentence, "count": len(told) - 1}
    listed = [{"line": problem.line, "sentence": problem.sentence} for problem in problems]
    raise DefinitionRefused(sentence, fields={"text": told}, details={"problems": listed})
