"""A YAML file of definitions, read with the line of every part; what is wrong with it is told, each at its line."""

from __future__ import annotations

import difflib
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

import yaml
from django.utils.translation import gettext as _

from apps.features.services.naming import column_list, in_one_direction

MOST_BYTES, _MOST_PARTS, MOST_PROBLEMS, _DEEPEST = 1_000_000, 100_000, 50, 12


@dataclass(frozen=True)
class Problem:
    """What is wrong, in words, and at which line of the file, from 1."""

    line: int
    sentence: str

    def __str__(self) -> str:
        return _("Line %(line)d: %(said)s") % {"line": self.line, "said": self.sentence}


@dataclass(frozen=True)
class Value:
    """A part of the file: a dict of values by name, a list of values, or a text, number, truth or None."""

    data: Any
    line: int
    # What a text, number, truth or None is written like: of `no` and `1.10` a text is not “False” and “1.1”.
    written: str = ""


class Unreadable(Exception):
    """The file is no YAML, or more than definitions need."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.sentence)
        self.problem = problem


def read(text: str, problems: list[Problem]) -> dict[str, Value]:
    """The sections of the file by their names; Unreadable where there is no reading it."""
    if len(text.encode(errors="replace")) > MOST_BYTES:
        raise Unreadable(Problem(1, _("The file is larger than 1 MB; definitions are shorter. Is it the right file?")))
    try:
        # Each alias is the whole part again: a few lines of them would be more than any memory.
        for count, event in enumerate(yaml.parse(text, Loader=yaml.SafeLoader)):
            if count > _MOST_PARTS:
                said = _("The file has more parts than definitions need. Is it the right file?")
                raise Unreadable(Problem(event.start_mark.line + 1 if event.start_mark else 1, said))
            if isinstance(event, yaml.AliasEvent):
                said = _("Write it out: references (*name) are not read.")
                raise Unreadable(Problem(event.start_mark.line + 1 if event.start_mark else 1, said))
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        said = _("This is no YAML. Look at brackets, quotes and how far lines are moved in.")
        raise Unreadable(Problem(mark.line + 1 if mark else 1, said)) from error
    except (yaml.YAMLError, RecursionError) as error:
        raise Unreadable(Problem(1, _("This is no YAML: it holds signs that no text has."))) from error
    if node is None:
        return {}
    found = _value(node, problems, 0)
    if not isinstance(found.data, dict):
        raise Unreadable(Problem(found.line, _("The file begins with sections: entities:, views:, services:.")))
    return found.data


def _value(node: yaml.Node, problems: list[Problem], depth: int) -> Value:
    line = node.start_mark.line + 1
    if depth > _DEEPEST:
        raise Unreadable(Problem(line, _("No definition is as deep as this.")))
    if isinstance(node, yaml.MappingNode):
        return Value(_mapping(node, problems, depth), line)
    if isinstance(node, yaml.SequenceNode):
        return Value([_value(one, problems, depth + 1) for one in node.value], line)
    try:
        return Value(yaml.SafeLoader("").construct_object(node), line, node.value)
    except (yaml.YAMLError, ValueError) as error:
        raise Unreadable(Problem(line, _("This value cannot be read. Put it in quotes."))) from error


def _mapping(node: yaml.MappingNode, problems: list[Problem], depth: int) -> dict[str, Value]:
    found: dict[str, Value] = {}
    for key, value in node.value:
        line = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode):
            raise Unreadable(Problem(line, _("A name is a plain word.")))
        if key.value in found:
            first = found[key.value].line
            said = _("“%(name)s” is there already, near line %(first)d. Leave one out.")
            problems.append(Problem(line, said % {"name": key.value, "first": first}))
            continue
        # Where its name stands: that of what is below it may be lines away.
        found[key.value] = replace(_value(value, problems, depth + 1), line=line)
    return found


class Fields:
    """The fields of one definition, each asked for by its name and type; `end` tells those that nobody asked for."""

    def __init__(self, value: Value, what: str, problems: list[Problem]) -> None:
        self.line, self.what, self.problems = value.line, what, problems
        self._fields: dict[str, Value] = value.data if isinstance(value.data, dict) else {}
        self._asked: set[str] = set()
        if not isinstance(value.data, dict):
            self.problem(_("fields are wanted, each on a line like “description: …”."), value.line)

    def problem(self, sentence: str, line: int | None = None) -> None:
        """Tell what is wrong with this definition."""
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(Problem(line or self.line, f"{in_one_direction(self.what)}: {sentence}"))

    def line_of(self, name: str) -> int:
        """Where the field stands; where the definition begins if it has none."""
        return self._fields[name].line if name in self._fields else self.line

    def text(self, name: str, *, required: bool = False) -> str:
        value = self._field(name)
        if value is None or value.data is None:
            if required:
                self.problem(_("“%(name)s” is missing.") % {"name": name})
            return ""
        if isinstance(value.data, (dict, list)):
            self.problem(_("“%(name)s” is a text.") % {"name": name}, value.line)
            return ""
        return value.written.strip()

    def number(self, name: str) -> int | None:
        value = self._field(name)
        if value is None or value.data is None:
            return None
        if isinstance(value.data, bool) or not isinstance(value.data, int):
            self.problem(_("“%(name)s” is a whole number.") % {"name": name}, value.line)
            return None
        return value.data

    def texts(self, name: str) -> list[str]:
        value = self._field(name)
        if value is None or value.data is None:
            return []
        if not isinstance(value.data, list) or any(isinstance(one.data, (dict, list)) for one in value.data):
            self.problem(_("“%(name)s” is a list like [one, another].") % {"name": name}, value.line)
            return []
        return [one.written for one in value.data]

    def values(self, name: str, *, required: bool = False) -> dict[str, Value]:
        """A field of names with values."""
        value = self._field(name)
        if value is None or value.data is None:
            if required:
                self.problem(_("“%(name)s” is missing.") % {"name": name})
            return {}
        if not isinstance(value.data, dict):
            self.problem(_("“%(name)s” is names with values, each on a line of its own.") % {"name": name}, value.line)
            return {}
        return value.data

    def value(self, name: str) -> Value | None:
        """The field as it is, for what may be of several shapes."""
        return self._field(name)

    def end(self) -> None:
        """Tell each field that does not belong here, and what it may have meant."""
        for name, value in self._fields.items():
            if name not in self._asked:
                self.problem(unknown(name, self._asked), value.line)

    def _field(self, name: str) -> Value | None:
        self._asked.add(name)
        return self._fields.get(name)


def unknown(name: str, known: Collection[str]) -> str:
    """That a word is none of those known, with the nearest of them."""
    near = difflib.get_close_matches(name, known, 1)
    if near:
        return _("“%(name)s” is not known. Did you mean “%(near)s”?") % {"name": name, "near": near[0]}
    return _("“%(name)s” is not known. There are: %(known)s.") % {"name": name, "known": column_list(sorted(known))}
