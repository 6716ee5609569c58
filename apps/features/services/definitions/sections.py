"""Sections of a file of definitions: each kind of thing says how it is read, held against what is there, and made.

A part of the store that brings its own kind registers a `Section` when it starts; nothing here knows of it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from apps.features.services.definitions.reading import Problem, Value
from foundation.identity import Actor

if TYPE_CHECKING:
    from apps.projects.models import Project

Action = Literal["new", "new version", "described", "unchanged"]


@dataclass(frozen=True)
class Context:
    """For whom and in which project."""

    actor: Actor
    project: Project
    # The join keys of entities that the file brings, for what is asked before they are there.
    coming: dict[str, list[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Wanted:
    """One definition of the file: `words` are its fields as the section reads them, `lines` where each stands."""

    name: str
    line: int
    words: dict[str, Any]
    lines: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Change:
    """A field that differs, as it was and as it will be, in words."""

    field: str
    before: str
    after: str


@dataclass(frozen=True)
class Step:
    """What one definition comes to. `number` is the version that there is afterwards, where the kind has any.

    `meaning` is all that it was decided by, alike whenever it is planned: the plan's digest is of it.
    """

    section: str
    name: str
    line: int
    action: Action
    number: int | None = None
    changes: tuple[Change, ...] = ()
    notes: tuple[str, ...] = ()
    meaning: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Left:
    """A thing that is there and not in the file: it stays as it is, and nothing is ever removed by a file."""

    section: str
    name: str


class Section(ABC):
    """One kind of definition: the word of its section in the file, and its place among the others."""

    word: str
    # What others build on comes first: entities 10, views 20, windows 25, on-demand 30, services 40.
    rank: int

    @abstractmethod
    def read(self, name: str, value: Value, problems: list[Problem]) -> Wanted:
        """The definition, its fields checked for being there and of their shape; nothing is looked up."""

    def ask(self, context: Context, wanted: Wanted) -> None:  # noqa: B027 - most kinds have nothing to ask
        """Ask the lake's sandbox whatever `make` will ask it: that takes its time, and `make` holds the project.

        Nothing is written. What it refuses `make` refuses as well.
        """

    @abstractmethod
    def make(self, context: Context, wanted: Wanted) -> Step:
        """Make it true and say what that was. A plan takes it back afterwards, so it does nothing outside the database.

        What it refuses it raises as its services do; `fields` of the refusal that are words of the definition give the
        line.
        """

    @abstractmethod
    def there(self, context: Context) -> Iterable[tuple[str, dict[str, Any]]]:
        """What is there already: names, each with the fields that the file would hold, as `read` takes them."""


_sections: dict[str, Section] = {}


def register_section(section: Section) -> None:
    """A kind of definition that files may hold from now on."""
    _sections[section.word] = section


def sections() -> list[Section]:
    """All of them, in the order in which they are made."""
    return sorted(_sections.values(), key=lambda one: one.rank)
