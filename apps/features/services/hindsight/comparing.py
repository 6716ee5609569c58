"""Rows as of a moment held against those over all: each that was there by then is there, with the same values."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from apps.features.adapters.asof import comma, known_at
from apps.features.ports import JoinedView
from foundation.lake.ports import Lake, TableAt
from foundation.quoting import identifier

if TYPE_CHECKING:
    import pyarrow as pa

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# The years that a moment can be of.
_FIRST_US, _LAST_US = -62_135_596_800_000_000, 253_402_300_799_999_999
# How far two sums over the same numbers in another order may lie apart.
_CLOSE = 1e-9


@dataclass(frozen=True)
class Differing:
    """Rows that were there by `moment`, and how many of them come out otherwise.

    With those of the features that do, and the inputs whose later rows are why.
    """

    moment: datetime
    rows: int
    differing: int
    features: tuple[str, ...]
    inputs: tuple[str, ...] = ()


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
) -> Differing:
    micros = round((moment - _EPOCH) / timedelta(microseconds=1))
    floats = _floats(tables, then)
    found = tables.query(_sql(spec, features, floats, micros), {"rows": rows, "then_rows": then}).read_all()
    said = found.to_pylist()[0]
    differ = tuple(name for at, name in enumerate(features) if said[f"f{at}"])
    return Differing(moment, said["rows"], said["differing"], differ)


def _floats(tables: Lake, rows: TableAt | pa.Table) -> set[str]:
    if isinstance(rows, TableAt):
        return {column.name for column in tables.schema(rows) if column.type.upper() in ("FLOAT", "DOUBLE")}
    import pyarrow as pa

    return {field.name for field in rows.schema if pa.types.is_floating(field.type)}


def _sql(spec: JoinedView, features: Sequence[str], floats: Collection[str], micros: int) -> str:
    """How many rows there were by then, how many are not among those of then, and of which features values are not.

    Whole rows first, by hashing; numbers that are close are looked for among what is left alone.
    """
    known = [*spec.keys, spec.event_time, *([spec.created] if spec.created else [])]
    named = comma(dict.fromkeys([*known, *features]))
    same_row = " AND ".join(f"s.{identifier(name)} IS NOT DISTINCT FROM t.{identifier(name)}" for name in known)
    close = [_close(identifier(name), is_float=name in floats) for name in features]
    each = ", ".join(f"bool_or({one}) AS f{at}" for at, one in enumerate(close))
    missed = ", ".join(f"coalesce(bool_or(NOT coalesce(f{at}, false)), false) AS f{at}" for at in range(len(close)))
    return f"""
    WITH s AS (
      SELECT *, row_number() OVER () AS "__row" FROM (
        SELECT {named} FROM rows WHERE {known_at(spec)} <= {micros} EXCEPT SELECT {named} FROM then_rows)
    ), held AS (
      SELECT "__row", bool_or({" AND ".join(['t."__there"', *close])}) AS whole{", " + each if each else ""}
      FROM s LEFT JOIN (SELECT DISTINCT {named}, true AS "__there" FROM then_rows) AS t ON {same_row} GROUP BY "__row"
    )
    SELECT (SELECT count(*) FROM rows WHERE {known_at(spec)} <= {micros}) AS rows,
      count(*) FILTER (WHERE NOT coalesce(whole, false)) AS differing{", " + missed if missed else ""} FROM held
    """  # noqa: S608 - names are quoted


def _close(name: str, *, is_float: bool) -> str:
    same = f"s.{name} IS NOT DISTINCT FROM t.{name}"
    if not is_float:
        return same
    near = f"abs(s.{name} - t.{name}) <= {_CLOSE} * greatest(abs(s.{name}), abs(t.{name}))"
    return f"({same} OR coalesce({near}, false))"
