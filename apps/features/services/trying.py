"""A definition tried before it is made: its SQL over the first rows of its inputs, and what that tells in words.

Windows and on-demand features have a `trying` of their own beside this one.

What it will ask the sandbox can be asked before anything is locked, within `lake.sandbox.asked_once`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.utils.translation import gettext as _

from apps.features.models import FeatureView
from apps.features.services.defining import input_tables
from apps.features.services.following import check_by_event, check_dated, stream_among
from apps.features.services.foreseeing import warnings_of_sql
from apps.features.services.hindsight.cutting import Made
from apps.features.services.hindsight.looking import look_at_sample
from apps.features.services.likening import there_already
from apps.features.services.meaning import check_steady
from apps.features.services.naming import column_list
from apps.features.services.unreal import unreal_in
from foundation import lake
from foundation.identity import Actor
from foundation.lake.ports import TableAt
from runtime.entity_keys import MOST_BYTES

if TYPE_CHECKING:
    import pyarrow as pa

_SHOWN_ROWS, _SAMPLE_ROWS = 50, 10_000


def noted(actor: Actor, view: FeatureView, inputs: Mapping[str, UUID]) -> tuple[str, ...]:
    """What whoever defines the view should know of its SQL, in words; nothing is kept."""
    ahead = warnings_of_sql(view.sql, view.event_time) if view.sql else []
    return (*ahead, *_look_at_sample(actor, view, inputs), *there_already(actor, view))


def future_seen(
    *,
    actor: Actor,
    sql: str,
    inputs: Mapping[str, UUID],
    event_time: str,
    created_column: str = "",
    timeless_inputs: Sequence[str] = (),
    keys: Sequence[str] = (),
) -> list[str]:
    """In words, what the first rows tell of whether computing such a view is refused, since it sees the future.

    Nothing where the event time is not said yet, or where each event of a stream goes through the SQL alone. The `keys`
    tell rows apart in what is said; who asks again within `lake.sandbox.asked_once` hears the same without them.
    """
    if not event_time or stream_among(actor, inputs) is not None:
        return []
    tables, _names = input_tables(actor, sql, inputs)
    made = Made(actor.tenant_id, sql, tables, keys, event_time, created_column, timeless_inputs)
    question = ("future", actor.tenant_id, sql, frozenset(tables.items()), event_time, created_column)
    asked = (*question, tuple(sorted(timeless_inputs)))
    return list(lake.sandbox.once(asked, lambda: look_at_sample(lake.for_tenant(actor.tenant_id), made)))


def ask_of_view(
    actor: Actor, sql: str, inputs: Mapping[str, UUID], event_time: str, *, created_column: str, **said: Any
) -> None:
    """Ask the sandbox all that defining such a view and its notes will ask, within `lake.sandbox.asked_once`.

    `said` are `keys` and `timeless_inputs`; the entity of the keys need not be there yet.
    """
    tables, names = input_tables(actor, sql, inputs)
    ask_of_sql(actor, sql, tables, names, event_time)
    if (followed := stream_among(actor, inputs)) is None:
        when = {"event_time": event_time, "created_column": created_column}
        future_seen(actor=actor, sql=sql, inputs=inputs, **when, **said)
        return
    check_by_event(sql, followed.alias)
    check_dated(actor.tenant_id, sql, tables, event_time, created_column)


def ask_of_sql(actor: Actor, sql: str, tables: Mapping[str, TableAt], names: Iterable[str], event_time: str) -> None:
    """The same where the tables and the names of their columns are known."""
    check_steady(sql, names)
    lake.sandbox.describe(actor.tenant_id, sql, tables)
    warnings_of_sql(sql, event_time)
    _sampled(actor, sql, tables)


def _look_at_sample(actor: Actor, view: FeatureView, inputs: Mapping[str, UUID]) -> tuple[str, ...]:
    """What the SQL gives over the first rows of its inputs: a dry run."""
    tables, _names = input_tables(actor, view.sql, inputs)
    found = _sampled(actor, view.sql, tables)
    if not found.rows:
        return (_("Over the first rows of its inputs the SQL gives none; that may be its conditions."),)
    misfits = _misfits(found, view.entity.join_keys, view.event_time, left_out=bool(view.windows))
    if view.windows:
        return tuple(misfits)
    said = {"event_time": view.event_time, "created_column": view.created_column}
    said |= {"timeless_inputs": view.timeless_inputs, "keys": view.entity.join_keys}
    return (*misfits, *future_seen(actor=actor, sql=view.sql, inputs=inputs, **said))


def notes_on_rows(rows: pa.Table, keys: Iterable[str], event_time: str, *, left_out: bool = False) -> list[str]:
    """What the first rows of a view's SQL tell of its keys and times, in words; with `left_out` they are events."""
    return _misfits(_Sampled.of(rows), list(keys), event_time, left_out=left_out)


def _misfits(found: _Sampled, keys: Sequence[str], event_time: str, *, left_out: bool = False) -> list[str]:
    """Rows that no view keeps; with `left_out` they are events, which are left out and counted."""
    notes = []
    if empty := [name for name in (*keys, event_time) if found.empty_in.get(name)]:
        said = _("Some rows have no %(columns)s; computing refuses them. Leave them out with a WHERE in the SQL.")
        if left_out:
            said = _("Some events have no %(columns)s; they are left out and counted.")
        notes.append(said % {"columns": column_list(empty)})
    if found.unreal_in.get(event_time):
        notes.append(_at_no_moment(event_time, left_out=left_out))
    if long := [name for name in keys if found.longest_in.get(name, 0) > MOST_BYTES]:
        said = _(
            "Some rows have a key of more than %(most)d bytes in %(columns)s; computing refuses them. Is it the right "
            "column?"
        )
        if left_out:
            said = _(
                "Some events have a key of more than %(most)d bytes in %(columns)s; they are left out and counted. Is "
                "it the right column?"
            )
        notes.append(said % {"most": MOST_BYTES, "columns": column_list(long)})
    return notes


def _at_no_moment(event_time: str, *, left_out: bool) -> str:
    said = _(
        "Some rows have an event time of infinity, or outside the years 1 to 9999, in “%(column)s”: no join and no "
        "reader ever sees them. Leave them out with a WHERE in the SQL."
    )
    if left_out:
        said = _(
            "Some events have a time of infinity, or outside the years 1 to 9999, in “%(column)s”; they are left out "
            "and counted."
        )
    return said % {"column": event_time}


@dataclass(frozen=True)
class _Sampled:
    """What the SQL gives over the first rows: how many, how many of them are empty or not finite in each column, and of
    texts how many bytes the longest has."""

    rows: int
    empty_in: dict[str, int]
    longest_in: dict[str, int]
    unreal_in: dict[str, int]

    @classmethod
    def of(cls, rows: pa.Table) -> _Sampled:
        columns = {name: rows.column(name) for name in rows.column_names}
        empty = {name: column.null_count for name, column in columns.items()}
        longest = {name: _longest(column) for name, column in columns.items()}
        return cls(rows.num_rows, empty, longest, {name: unreal_in(column) for name, column in columns.items()})


def _sampled(actor: Actor, sql: str, tables: Mapping[str, TableAt]) -> _Sampled:
    """The same rows are looked at but once, within `lake.sandbox.asked_once`."""

    def ask() -> _Sampled:
        limits: dict[str, Any] = {"limit_rows": _SHOWN_ROWS, "sample_rows": _SAMPLE_ROWS, "timeout_s": 20}
        return _Sampled.of(lake.sandbox.run(actor.tenant_id, sql, tables, **limits).read_all())

    return lake.sandbox.once(("sample", actor.tenant_id, sql, frozenset(tables.items())), ask)


def _longest(column: pa.ChunkedArray) -> int:
    """How many bytes the longest text has; 0 of what is none."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        return 0
    return pc.max(pc.binary_length(column)).as_py() or 0
