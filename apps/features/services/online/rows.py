"""A view's rows as timelines: of a part of its keys at a time, by columns, in memory that does not grow with the view.

What a join sees at a moment is the row that became known last by then, of those that are marked as seen (`joining`).
So the value online as of a moment is that row, and every row that becomes known later follows it.
"""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from apps.features.adapters.asof import known_at
from apps.features.models import FeatureView
from apps.features.services.joining import SHOWN, JoinedView, marked_sql
from apps.features.services.online.parting import WEIGHT, Weight, bytes_sql
from foundation.lake.ports import Lake, TableAt
from foundation.quoting import identifier

if TYPE_CHECKING:
    import pyarrow as pa

    from runtime.online import OnlineView

# With more keys than these a look at all rows costs no more; and keys are held as they are.
_MOST_KEYS, _MOST_KEY_BYTES = 200_000, 64 << 20
_WHOLE = 1 << 63
Keys = Mapping[str, Sequence[Any]] | None
Timelines = tuple[list[bytes], list[list[list[Any]]]]


@dataclass(frozen=True)
class Rows:
    """A view's rows for one materialisation. `later`: whether some become known after its moment.

    `keys` are a column of values for each join key: of these keys alone; None: of all. `at_once`: rows handed on.
    """

    tables: Lake
    at: TableAt
    view: FeatureView
    as_of_us: int
    later: bool
    chunks: int
    at_once: int
    keys: Keys = field(default=None, repr=False)

    def timelines(self, online: OnlineView, chunk: int) -> Iterator[Timelines]:
        """Names and timelines of the keys of one chunk, so many at a time as are held at once; each key comes once."""
        parts = self._parts(online, chunk)
        if self.later:
            yield from _grouped(parts)
            return
        for names, entries in parts:
            with uncollected():
                timelines = [[entry] for entry in entries]
            yield names, timelines

    def _parts(self, online: OnlineView, chunk: int) -> Iterator[tuple[list[bytes], list[list[Any]]]]:
        for piece in self.tables.query(self._sql(chunk), {"rows": self.at}, _params(self.keys), at_once=self.at_once):
            with uncollected():
                columns = [plain_values(piece.column(i), text=False) for i in range(len(online.join_keys))]
                names, entries = online.names.of_columns(columns), _entries(piece, len(columns), len(online.features))
            yield names, entries

    def keys_there(self) -> int:
        """How many keys have a value, now or later: counted by itself, not by what was read of them."""
        keys = _list(self.view.entity.join_keys)
        sql = f"SELECT {keys}, {times_sql(self.view)} FROM {_seen(self.view)}"  # noqa: S608 - names are quoted
        sql += _where(_asked(self.view, self.keys))
        sql = f"SELECT count(*) FROM (SELECT DISTINCT {keys} FROM ({sql}) WHERE __known IS NOT NULL)"  # noqa: S608
        return int(self.tables.query(sql, {"rows": self.at}, _params(self.keys)).read_all().column(0)[0].as_py())

    def _sql(self, chunk: int) -> str:
        view, keys = self.view, _list(self.view.entity.join_keys)
        among = [f"hash({keys}) % {self.chunks} = {chunk}"] if self.chunks > 1 else []
        among += _asked(view, self.keys)
        features = _list(view.feature_names)
        seen = f"SELECT {keys}, {features}, {times_sql(view)} FROM {_seen(view)}"  # noqa: S608 - names are quoted
        seen += _where(among)
        same = " AND ".join(f"seen.{identifier(key)} = newest.{identifier(key)}" for key in view.entity.join_keys)
        named = ", ".join(f"seen.{identifier(name)}" for name in (*view.entity.join_keys, *view.feature_names))
        now = (
            f"SELECT {named}, seen.__event, seen.__known FROM seen JOIN newest "  # noqa: S608 - names are quoted
            f"ON {same} AND seen.__known = newest.__known"
        )
        sql = (
            f"WITH seen AS ({seen}), newest AS (SELECT {keys}, max(__known) AS __known FROM seen "  # noqa: S608
            f"WHERE __known <= {self.as_of_us} GROUP BY {keys}) {now}"
        )
        if self.later:
            rest = f"SELECT {named}, __event, __known FROM seen WHERE __known > {self.as_of_us}"  # noqa: S608
            sql += f" UNION ALL {rest} ORDER BY {keys}, __known"
        return sql


@contextmanager
def uncollected() -> Iterator[None]:
    """While rows are made by the ten thousand: the collector would look through them again and again, and through all
    that the process has loaded, for circles that cannot be there. It took most of the time."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


@dataclass(frozen=True)
class Counted:
    """Of a view's rows: how heavy they are, how many become known later, the latest event by then (microseconds), and
    how the engine parts keys."""

    weight: Weight
    later: int
    newest: int | None
    parting: str


def counted(tables: Lake, at: TableAt, view: FeatureView, as_of_us: int, keys: Keys = None) -> Counted:
    """Of all rows, or of those of some keys."""
    sql = (
        f"SELECT count(*) AS rows, {WEIGHT}, count(*) FILTER (__known > {as_of_us}) AS later, "  # noqa: S608
        f"max(__event) FILTER (__known <= {as_of_us}) AS newest, hash('sanad', 7)::VARCHAR AS parting "
        f"FROM (SELECT {times_sql(view)}, {bytes_sql(view)} AS __bytes FROM {_seen(view)}{_where(_asked(view, keys))})"
    )
    found = tables.query(sql, {"rows": at}, _params(keys)).read_all().to_pylist()[0]
    weight = Weight(**{name: int(found.pop(name)) for name in ("rows", "size", "largest", "large")})
    return Counted(weight, **found)


def keys_since(tables: Lake, since: TableAt, at: TableAt, view: FeatureView) -> dict[str, list[Any]] | None:
    """The keys of the rows that came between two snapshots; None where it was more than that, or too many came."""
    import pyarrow as pa

    added = tables.added_between(since, at, view.entity.join_keys)
    if added is None:
        return None
    names, found, size = view.entity.join_keys, set[tuple[Any, ...]](), 0
    for batch in added:
        columns = [batch.column(batch.schema.get_field_index(name)) for name in names]
        once = pa.table(dict(zip(names, columns, strict=True))).group_by(list(names)).aggregate([])
        found.update(zip(*(once.column(name).to_pylist() for name in names), strict=True))
        size += once.nbytes
        if len(found) > _MOST_KEYS or size > _MOST_KEY_BYTES:
            return None
    return {name: [one[i] for one in found] for i, name in enumerate(names)} if found else None


def distinct_keys(tables: Lake, at: TableAt, view: FeatureView) -> int:
    keys = _list(view.entity.join_keys)
    sql = f"SELECT count(*) FROM (SELECT DISTINCT {keys} FROM rows)"  # noqa: S608 - names are quoted
    return int(tables.query(sql, {"rows": at}).read_all().column(0)[0].as_py())


def times_sql(view: FeatureView) -> str:
    """When a row's event was, and from when on it is seen, in microseconds since 1970; nothing where it never is."""
    return f"epoch_us({identifier(view.event_time)}) AS __event, {known_at(_joined(view))} AS __known"


def _seen(view: FeatureView) -> str:
    """The rows that a join sees at some moment; of views of before nobody has marked them yet."""
    if view.marked is False:
        return "rows"
    if view.marked:
        return f"(SELECT * FROM rows WHERE {SHOWN})"  # noqa: S608 - a constant
    return f"(SELECT * FROM ({marked_sql(_joined(view), 'rows')}) WHERE {SHOWN})"  # noqa: S608 - names are quoted


def _joined(view: FeatureView) -> JoinedView:
    keys = {key: key for key in view.entity.join_keys}
    return JoinedView("rows", keys, view.event_time, view.created_column, tuple(view.feature_names), None)


def _entries(piece: pa.RecordBatch, first: int, count: int) -> list[list[Any]]:
    """An entry of a timeline for each row: keys, features and the two times stand in this order."""
    import numpy as np
    import pyarrow as pa

    columns, odd = [], dict[int, list[int]]()
    for place in range(count):
        column = piece.column(first + place)
        if pa.types.is_floating(column.type):
            numbers = column.to_numpy(zero_copy_only=False)
            strange = ~np.isfinite(numbers) & ~np.asarray(column.is_null())
            for row in np.flatnonzero(strange).tolist():
                odd.setdefault(row, []).append(place)
        columns.append(plain_values(column, text=True))
    event, known = (piece.column(first + count + i).to_numpy() for i in (0, 1))
    rows = zip(*columns, strict=True)
    entries = [list(one) for one in zip(known.tolist(), (known - event).tolist(), rows, strict=True)]
    for row, places in odd.items():
        entries[row].append(places)
    return entries


def plain_values(column: pa.Array, *, text: bool) -> list[Any]:
    """A column as what JSON knows, missing values as None; with `text` moments and days as ISO text.

    Whole numbers stay whole; other decimals become the nearest double, as they do where a model is trained.
    """
    import pyarrow as pa

    kind = column.type
    if pa.types.is_decimal(kind):
        return [_number(value) for value in column.to_pylist()]
    if pa.types.is_integer(kind) or pa.types.is_floating(kind):
        if not column.null_count:
            return list(column.to_numpy(zero_copy_only=False).tolist())
        values = column.fill_null(0).to_numpy(zero_copy_only=False).tolist()
        for place in column.is_null().to_numpy(zero_copy_only=False).nonzero()[0].tolist():
            values[place] = None
        return list(values)
    if pa.types.is_timestamp(kind) and kind.unit == "ns":
        column = column.cast(pa.timestamp("us", kind.tz), safe=False)
    values = column.to_pylist()
    if text and pa.types.is_temporal(kind):
        return [value.isoformat() if hasattr(value, "isoformat") else value for value in values]
    return list(values)


def _number(value: Decimal | None) -> int | float | None:
    if value is None:
        return None
    return int(value) if value == value.to_integral_value() and abs(value) < _WHOLE else float(value)


def _grouped(parts: Iterable[tuple[list[bytes], list[list[Any]]]]) -> Iterator[Timelines]:
    """Entries of one key, which come one behind the other, as one timeline; a part's last may go on in the next."""
    names: list[bytes] = []
    timelines: list[list[list[Any]]] = []
    for named, entries in parts:
        for name, entry in zip(named, entries, strict=True):
            if names and names[-1] == name:
                timelines[-1].append(entry)
            else:
                names.append(name)
                timelines.append([entry])
        if len(names) > 1:
            yield names[:-1], timelines[:-1]
            names, timelines = names[-1:], timelines[-1:]
    if names:
        yield names, timelines


def _params(keys: Keys) -> dict[str, list[Any]] | None:
    return {f"k{i}": list(column) for i, column in enumerate((keys or {}).values())} or None


def _asked(view: FeatureView, keys: Keys) -> list[str]:
    """What holds of the rows of the keys that are wanted; nothing where all are."""
    if keys is None:
        return []
    among = _list(view.entity.join_keys)
    asked = ", ".join(f"unnest($k{i}) AS {identifier(name)}" for i, name in enumerate(keys))
    return [f"({among}) IN (SELECT ({among}) FROM (SELECT {asked}))"]  # noqa: S608 - names are quoted


def _where(conditions: Sequence[str]) -> str:
    return f" WHERE {' AND '.join(conditions)}" if conditions else ""


def _list(names: Iterable[str]) -> str:
    return ", ".join(identifier(name) for name in names)
