"""By what the rows of a view's inputs are dated, read off its SQL: where they can be cut at a moment.

By what the SQL makes the event time (and known since) of, else by their column of that name, else by their only time.
What has no time, or was said to hold at all times, is not cut.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from apps.features.ports import JoinedView
from foundation import lake
from foundation.lake.errors import SqlFailed
from foundation.lake.ports import Column, Lake, RowTimes, TableAt
from foundation.quoting import identifier

if TYPE_CHECKING:
    from uuid import UUID

log = logging.getLogger("sanad.features")
Dated = dict[str, list[list[str]]]


@dataclass(frozen=True)
class Made:
    """What the rows are of: the SQL over its inputs, and which of its columns say whose and of when a row is."""

    tenant_id: UUID
    sql: str
    inputs: Mapping[str, TableAt]
    keys: Sequence[str]
    event_time: str
    created: str = ""
    timeless: Collection[str] = ()
    limits: Mapping[str, Any] = field(default_factory=dict)

    @property
    def spec(self) -> JoinedView:
        return JoinedView("rows", {key: key for key in self.keys}, self.event_time, self.created, (), None)


@dataclass(frozen=True)
class Cut:
    """By what the rows of the inputs are dated; `by_row` where none could come of a later one.

    `moved_back` where the SQL dates rows before their own time, by taking something off it: taken at its word.
    `undecided` are those of `uncut` that have times, and none that stands out.
    """

    dated: Dated
    uncut: list[str]
    by_row: bool = False
    moved_back: bool = False
    undecided: Sequence[str] = ()

    @property
    def said(self) -> dict[str, Any]:
        """As it is kept with a view: what was cut, and what was not."""
        told = {"by_row": self.by_row, "moved_back": self.moved_back}
        return {"cut": sorted(self.dated), "uncut": sorted(self.uncut), **told}


def cut_of(tables: Lake, made: Made) -> Cut:
    """By what each input is cut; where the SQL cannot be read for it, which is no fault of its rows, by their names."""
    columns = {alias: tables.schema(at) for alias, at in made.inputs.items()}
    moments = [name for name in (made.event_time, made.created) if name]
    try:
        event, *created = lake.sandbox.times(made.sql, columns, moments)
    except SqlFailed as error:
        log.warning("By what a query dates its rows could not be told: %s", error)
        event, created = None, []
    back = event is not None and event.moved_back
    if _made_row_by_row(made, event):
        return Cut({}, [], by_row=True, moved_back=back)
    dated: Dated = {}
    for alias, found in columns.items():
        if alias in made.timeless:
            continue
        times = [list(one.inputs[alias]) for one in (event, *created) if one is not None and one.inputs.get(alias)]
        if times := times or _by_name(found, moments):
            dated[alias] = times
    uncut = [alias for alias in columns if alias not in dated and alias not in made.timeless]
    return Cut(dated, uncut, moved_back=back, undecided=[alias for alias in uncut if _times(columns[alias])])


def _made_row_by_row(made: Made, event: RowTimes | None) -> bool:
    """One input, each row of it gone through alone, and dated by its own time as it stands."""
    if len(made.inputs) != 1 or event is None or not event.exact or not event.inputs:
        return False
    return not lake.sandbox.construct_against_rows(made.sql, next(iter(made.inputs)))


def _by_name(columns: Sequence[Column], moments: Collection[str]) -> list[list[str]]:
    """The times of an input that the view's own times are not made of."""
    times = _times(columns)
    wanted = {name.lower() for name in moments}
    named = [name for name in times if name.lower() in wanted]
    return [[identifier(name)] for name in named or (times if len(times) == 1 else [])]


def _times(columns: Sequence[Column]) -> list[str]:
    return [column.name for column in columns if column.type.upper().startswith(("TIMESTAMP", "DATE"))]
