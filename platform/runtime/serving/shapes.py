"""Which names a row gives, and what follows from them: worked out once for all rows that give the same."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from runtime.encoder import InputRefused
from runtime.entity_keys import MOST_BYTES as MOST_KEY_BYTES

Row = Mapping[str, Any]
_MOST_SHAPES = 500


@dataclass(frozen=True)
class Takes:
    """What a model looks up, and by which columns of a row: they are called as in the rows that it was trained on.

    `views` are the features of each view that the model takes, `derived` what is made of which sources ({name:
    (features, {source: view})}), `keys` maps a view's join keys to columns, `kinds` says what each of these columns
    holds, and `requests` maps what a request gives to an on-demand view to columns.
    """

    service: str
    views: Mapping[UUID, tuple[str, ...]]
    derived: Mapping[str, tuple[tuple[str, ...], Mapping[str, UUID]]]
    keys: Mapping[UUID, Mapping[str, str]]
    kinds: Mapping[str, str]
    requests: Mapping[str, Mapping[str, str]]
    declared: Mapping[str, str]

    @classmethod
    def parse(cls, given: Mapping[str, Any]) -> Takes:
        return cls(
            service=str(given["service"]),
            views={UUID(pk): tuple(names) for pk, names in given["views"].items()},
            derived={
                name: (tuple(names), {source: UUID(pk) for source, pk in sources.items()})
                for name, (names, sources) in given["derived"].items()
            },
            keys={UUID(pk): dict(keys) for pk, keys in given["keys"].items()},
            kinds=dict(given["kinds"]),
            requests={name: dict(columns) for name, columns in given["requests"].items()},
            declared=dict(given["declared"]),
        )

    @property
    def looked_up(self) -> list[str]:
        made = [name for names, _sources in self.derived.values() for name in names]
        return [*(name for names in self.views.values() for name in names), *made]

    @property
    def key_columns(self) -> list[str]:
        return list(dict.fromkeys(column for keys in self.keys.values() for column in keys.values()))

    @property
    def request_columns(self) -> list[str]:
        return list(dict.fromkeys(column for columns in self.requests.values() for column in columns.values()))


@dataclass(frozen=True)
class Shape:
    """What rows of these names need: views to look up, and on-demand views to reckon."""

    views: frozenset[UUID]
    derived: frozenset[str]


class Shapes:
    """`features` are the model's, in its order."""

    def __init__(self, features: Sequence[str], takes: Takes) -> None:
        self.takes = takes
        self.features = dict.fromkeys(features)
        self.more = list(dict.fromkeys((*takes.key_columns, *takes.request_columns)))
        self._looked_up = frozenset(takes.looked_up)
        self._known = {*features, *self.more}
        self._shapes: dict[tuple[str, ...], Shape] = {}

    def of(self, row: Row, number: int, where: str) -> Shape:
        """Raises InputRefused where the names are wrong."""
        names = tuple(row)
        shape = self._shapes.get(names)
        if shape is None:
            shape = self._worked_out(frozenset(names), f"row {number} of {where}")
            if len(self._shapes) > _MOST_SHAPES:
                self._shapes.clear()
            self._shapes[names] = shape
        return shape

    def _worked_out(self, names: frozenset[str], where: str) -> Shape:
        takes = self.takes
        if unknown := sorted(names - self._known):
            raise InputRefused(f"{self._of(unknown)} unknown in {where}; {self.said()}")
        if lacking := [name for name in self.features if name not in names and name not in self._looked_up]:
            raise InputRefused(f"{self._of(lacking)} missing in {where}, and no feature that is looked up.")
        derived = frozenset(name for name, (made, _sources) in takes.derived.items() if set(made) - names)
        sources = {
            (source, pk) for name in derived for source, pk in takes.derived[name][1].items() if source not in names
        }
        needed = {pk for pk, of_view in takes.views.items() if set(of_view) - names} | {pk for _name, pk in sources}
        for pk in needed:
            if keys := [column for column in takes.keys[pk].values() if column not in names]:
                left_out = [name for name in takes.views.get(pk, ()) if name not in names]
                left_out = left_out or sorted(name for name, of in sources if of == pk)
                raise InputRefused(
                    f"{self._of(keys)} missing in {where}: it is the key by which {named_list(left_out)} is looked up. "
                    "Give the key, or the features themselves."
                )
        return Shape(frozenset(needed), derived)

    def said(self) -> str:
        """What may be sent."""
        keys, asked = named_list(self.takes.key_columns), self.takes.request_columns
        more = f", values of the request: {named_list(asked)}" if asked else ""
        return f"this model takes {named_list(list(self.features))}, or keys: {keys}{more}."

    @property
    def kinds(self) -> dict[str, str]:
        """Of each column that may be sent beside the features, what it holds."""
        takes = self.takes
        asked = {
            column: takes.declared.get(f"{name}.{value}", "")
            for name, columns in takes.requests.items()
            for value, column in columns.items()
        }
        kinds = {**asked, **{column: takes.kinds.get(column, "") for column in takes.key_columns}}
        return {name: kind for name, kind in kinds.items() if name not in self.features}

    def check_keys(self, given: Sequence[Row], rows: Sequence[int], keys: Mapping[str, str], where: str) -> None:
        """Raises InputRefused for what is no key of its kind; the value itself is not told."""
        for column in keys.values():
            kind = self.takes.kinds.get(column, "")
            for row in rows:
                value = given[row][column]
                if value.__class__ is str and kind in {"", "text"} and len(value) <= MOST_KEY_BYTES // 4:
                    continue
                if why := _fault(value, kind):
                    raise InputRefused(f"The key {column!r} in row {row} of {where} {why}.")

    def check_request(
        self,
        declared: Mapping[str, str],
        columns: Mapping[str, str],
        given: Sequence[Row],
        rows: Sequence[int],
        where: str,
    ) -> None:
        from runtime.online.derived import fits

        for value, column in columns.items():
            for row in rows:
                if not fits(declared[value], given[row].get(column)):
                    raise InputRefused(f"The value {column!r} in row {row} of {where} has to be a {declared[value]}.")

    def _of(self, names: Sequence[str]) -> str:
        return f"The column {named_list(names)} is" if len(names) == 1 else f"The columns {named_list(names)} are"


def _fault(value: Any, kind: str) -> str:
    """What is wrong with a key; empty where nothing is."""
    from runtime.online.derived import fits
    from runtime.online.names import text_of

    if value is None:
        return "is null; a key has to be given"
    try:
        text = text_of(value)
        size = len(text.encode())
    except ValueError:
        return "is no key; give text, a number, a truth value or a moment"
    if size > MOST_KEY_BYTES:
        return f"is longer than {MOST_KEY_BYTES} bytes"
    ok = {
        "whole number": lambda: text.removeprefix("-").isascii() and text.removeprefix("-").isdigit(),
        "truth": lambda: text in {"true", "false"},
        "text": lambda: isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool)),
        "date": lambda: fits("date", value),
        "moment": lambda: fits("moment", value),
    }.get(kind)
    return "" if ok is None or ok() else f"has to be a {kind}"


def named_list(names: Collection[str]) -> str:
    """The first of them, between signs; how many more there are."""
    known = list(names)
    shown = ", ".join(repr(name[:100]) for name in known[:8])
    return shown + (f" and {len(known) - 8} more" if len(known) > 8 else "")
