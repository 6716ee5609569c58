"""Rows as of a moment held against those over all: each that was there by then is there, with the same values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from apps.features.adapters.asof import comma, known_at, real_sql
from apps.features.ports import JoinedView
from foundation.lake.ports import Lake, TableAt
from foundation.quoting import identifier

if TYPE_CHECKING:
    import pyarrow as pa

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# The years that a moment can be of.
_FIRST_US, _LAST_US = -62_135_596_800_000_000, 253_402_300_799_999_999
# How far two sums over the same numbers in another order may lie apart, as a part of themselves, or of a number as
# large as half of the column's are: what nearly cancels out keeps the error of what it came from.
_CLOSE = {"FLOAT": 1e-6, "DOUBLE": 1e-9}
# So many pairs of rows of one key and time are held against each other; of more rows than that the first ones are, by
# their hashes.
_MOST_PAIRS = 20_000_000


@dataclass(frozen=True)
class Differing:
    """Rows that were there by `moment`, and how many of them come out otherwise.

    With those of the features that do, and the inputs whose later rows are why; or, `by_order`, they come out otherwise
    as soon as the same rows come in another order, which tells nothing of later ones.
    """

    moment: datetime
    rows: int
    differing: int
    features: tuple[str, ...]
    inputs: tuple[str, ...] = ()
    by_order: bool = False


def moments_of(tables: Lake, spec: JoinedView, rows: TableAt | pa.Table, count: int) -> list[datetime]:
    """Some of the moments at which rows were known, the same for the same rows."""
    places = ", ".join(f"{(2 * place + 1) / (2 * count)}" for place in range(count))
    inside = f"known BETWEEN {_FIRST_US} AND {_LAST_US}"
    sql = (
        f"SELECT DISTINCT unnest(quantile_disc(known, [{places}])) AS moment "  # noqa: S608 - names are quoted
        f"FROM (SELECT {known_at(spec)} AS known FROM rows) WHERE {inside} ORDER BY moment"
    )
    found = tables.query(sql, {"rows": rows}).read_all().column("moment").to_pylist()
    return [_EPOCH + timedelta(microseconds=one) for one in found if one is not None]


def differing(
    tables: Lake,
    spec: JoinedView,
    features: Sequence[str],
    rows: TableAt | pa.Table,
    then: TableAt | pa.Table,
    moment: datetime,
    seconds: float,
) -> Differing:
    """LakeSlow, or LakeTooSmall, where that takes longer or more than there is."""
    micros = round((moment - _EPOCH) / timedelta(microseconds=1))
    close = {name: part for name, part in _closeness(tables, then).items() if name in features}
    shown = {"rows": rows, "then_rows": then}
    said = tables.query(_sql(spec, features, close, micros), shown, seconds=seconds).read_all().to_pylist()[0]
    differ = tuple(name for at, name in enumerate(features) if said[f"f{at}"])
    return Differing(moment, said["rows"], said["differing"], differ)


def _closeness(tables: Lake, rows: TableAt | pa.Table) -> dict[str, float]:
    """Of the columns that hold numbers with a fraction, what is close."""
    if isinstance(rows, TableAt):
        kinds = {column.name: column.type.upper() for column in tables.schema(rows)}
        return {name: _CLOSE[kind] for name, kind in kinds.items() if kind in _CLOSE}
    import pyarrow as pa

    kinds = {field.name: "DOUBLE" if field.type == pa.float64() else "FLOAT" for field in rows.schema}
    return {field.name: _CLOSE[kinds[field.name]] for field in rows.schema if pa.types.is_floating(field.type)}


def _sql(spec: JoinedView, features: Sequence[str], floats: Mapping[str, float], micros: int) -> str:
    """How many rows there were by then, how many are not among those of then, and of which features values are not.

    Whole rows first, by hashing; numbers that are close are looked for among what is left alone.
    """
    # What was at no moment is seen by nobody.
    by_then = f"rows WHERE {known_at(spec)} <= {micros} AND {real_sql(spec)}"
    known = [*spec.keys, spec.event_time, *([spec.created] if spec.created else [])]
    named = comma(dict.fromkeys([*known, *features]))
    same_row = " AND ".join(f"s.{identifier(name)} IS NOT DISTINCT FROM t.{identifier(name)}" for name in known)
    close = [_close(identifier(name), floats.get(name), f'sizes."__{at}"') for at, name in enumerate(features)]
    sizes = ", ".join(_size(identifier(name), at) for at, name in enumerate(features) if name in floats)
    each = ", ".join(f"bool_or({one}) AS f{at}" for at, one in enumerate(close))
    missed = ", ".join(f"coalesce(bool_or(NOT coalesce(f{at}, false)), false) AS f{at}" for at in range(len(close)))
    return f"""
    WITH s AS (
      SELECT *, row_number() OVER () AS "__row" FROM (
        SELECT {named} FROM {by_then} EXCEPT SELECT {named} FROM then_rows)
    ), sizes AS (SELECT {sizes or "count(*)"} FROM {by_then}), held AS (
      SELECT "__row", bool_or({" AND ".join(['t."__there"', *close])}) AS whole{", " + each if each else ""}
      FROM (SELECT * FROM s WHERE "__row" <= {_most(known)}) AS s
      LEFT JOIN (SELECT DISTINCT {named}, true AS "__there" FROM then_rows) AS t ON {same_row}
      CROSS JOIN sizes GROUP BY "__row"
    )
    SELECT (SELECT count(*) FROM {by_then}) AS rows,
      {"count(*) FILTER (WHERE NOT coalesce(whole, false))" if floats else "(SELECT count(*) FROM s)"} AS differing
      {", " + missed if missed else ""} FROM held
    """  # noqa: S608 - names are quoted


def _most(known: Sequence[str]) -> str:
    """Of how many rows pairs are made, where there are many of one key and time."""
    alike = f"SELECT count(*) AS n FROM then_rows GROUP BY {comma(known)}"  # noqa: S608 - names are quoted
    return f"coalesce((SELECT greatest(100, {_MOST_PAIRS} // max(n)) FROM ({alike})), 100)"  # noqa: S608 - a number


def _size(name: str, at: int) -> str:
    """How large half of the numbers are."""
    return f'approx_quantile(abs({name}), 0.5) FILTER (WHERE isfinite({name})) AS "__{at}"'


def _close(name: str, part: float | None, size: str) -> str:
    same = f"s.{name} IS NOT DISTINCT FROM t.{name}"
    if part is None:
        return same
    near = f"abs(s.{name} - t.{name}) <= {part} * greatest(abs(s.{name}), abs(t.{name}), {size})"
    return f"({same} OR coalesce(isfinite(s.{name} - t.{name}) AND {near}, false))"
