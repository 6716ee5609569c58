"""The point-in-time join on the lake's own DuckDB: one ASOF join over rows that were marked once.

A label row sees, of each view, the row with the latest event time among those that were known at the label's time:
known means event time, or created time where that is later. Times are compared as microseconds since 1970 in UTC; a
time without a zone is taken as UTC. The statements are ours alone: names are quoted, values are parameters.

Of a row that became known when a later event was known already no label ever sees anything: a correction of the past.
Rows are marked so once, when a view is computed, and a join is one ASOF join over the others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from apps.features.ports import JoinedView, Labels, Through
from foundation.lake.ports import Lake, TableAt
from foundation.quoting import identifier

SHOWN = "__shown"
_BEFORE_ALL = "(-9223372036854775808)::BIGINT"
# The years 1 to 9999 in microseconds: no program that reads features holds a moment outside of them.
_FIRST_US, _LAST_US = -62_135_596_800_000_000, 253_402_300_799_999_999


class LakeJoin:
    name = "duckdb"

    def join(
        self,
        tables: Lake,
        into: str,
        labels: Labels,
        views: Sequence[JoinedView],
        inputs: Mapping[str, TableAt],
        *,
        heard: Callable[[], None],
        through: Through | None = None,
    ) -> TableAt:
        heard()
        return written(tables, into, join_sql(labels, views), inputs, through)


def written(tables: Lake, into: str, sql: str, inputs: Mapping[str, TableAt], through: Through | None) -> TableAt:
    """What the statement answers; it leaves the lake on its way only where there is something to go through."""
    if through is None:
        return tables.write_query(into, sql, inputs)
    return tables.write(into, through(tables.query(sql, inputs)))


def join_sql(labels: Labels, views: Sequence[JoinedView]) -> str:
    """One row out for each label row in; of each view the features and the two times that prove them."""
    parts = [f"labels AS ({labels_sql(labels)})", *(f"{seen_name(view)} AS ({seen_sql(view)})" for view in views)]
    joins = " ".join(_asof_sql(view) for view in views)
    return f"WITH {', '.join(parts)} SELECT {outputs(labels, views)} FROM labels {joins}"


def labels_sql(labels: Labels, more: str = "") -> str:
    """The rows that are meant, each with its moment as `__t`."""
    at = f"epoch_us({identifier(labels.event_time)})" if labels.event_time else "NULL::BIGINT"
    columns = ", ".join(_column(labels, name) for name in labels.kept)
    return f"SELECT {columns}, {at} AS __t{more} FROM base WHERE {meant_sql(labels)}"


def value_sql(labels: Labels, name: str) -> str:
    """What a row of `base` has in a column, missing where it is no number; of what was read so it is the same again."""
    column = identifier(name)
    return f"CASE WHEN isfinite({column}) THEN {column} END" if name in labels.finite else column


def values_sql(labels: Labels) -> str:
    """The same of all that is kept."""
    return ", ".join(value_sql(labels, name) for name in labels.kept)


def _column(labels: Labels, name: str) -> str:
    return f"{value_sql(labels, name)} AS {identifier(name)}" if name in labels.finite else identifier(name)


def meant_sql(labels: Labels, *, labelled: bool = True) -> str:
    """Which rows of `base` are meant; with `labelled` false also those without a label."""
    at = f"epoch_us({identifier(labels.event_time)})"
    limits = [f"{value_sql(labels, labels.label)} IS NOT NULL"] if labels.label and labelled else []
    limits += [f"{at} >= {labels.start_us}"] if labels.start_us is not None else []
    limits += [f"{at} < {labels.end_us}"] if labels.end_us is not None else []
    return " AND ".join(limits) or "true"


def known_at(view: JoinedView) -> str:
    """When a row became known. What is never known (`infinity`) is seen by nobody, not as of its event."""
    event = f"epoch_us({identifier(view.event_time)})"
    if not view.created:
        return event
    created = identifier(view.created)
    return f"CASE WHEN {created} = 'infinity' THEN NULL ELSE greatest({event}, epoch_us({created})) END"


def _seen_from(view: JoinedView) -> str:
    return f"epoch_us({identifier(view.event_time)})" if view.early else known_at(view)


def marked_sql(view: JoinedView, relation: str) -> str:
    """The rows of a view, each with whether there is a moment at which it is the latest one that is known."""
    marked = f"* EXCLUDE ({SHOWN})" if view.marked else "*"
    return f"SELECT {marked}, {_shown(view)} AS {SHOWN} FROM {relation}"


def real_sql(view: JoinedView) -> str:
    """Whether a row's event was at some moment: not at `infinity`, which the engine counts as none."""
    event = f"epoch_us({identifier(view.event_time)})"
    return f"({event} IS NOT NULL AND {event} BETWEEN {_FIRST_US} AND {_LAST_US})"


def _shown(view: JoinedView) -> str:
    # An event at no moment stands before no other: not for the latest that is known, either.
    keys, real = comma(view.keys), real_sql(view)
    event = f"CASE WHEN {real} THEN epoch_us({identifier(view.event_time)}) END"
    # Who looks early sees the last that ever became known of an event.
    order = f"{known_at(view)} DESC" if view.early else f"{event} DESC"
    order += f", {comma(view.features)}" if view.features else ""
    alone = f"row_number() OVER (PARTITION BY {keys}, {_seen_from(view)} ORDER BY {order}) = 1"
    if view.early or not view.created:
        return f"({real} AND {alone})"
    latest = f"max({event}) OVER (PARTITION BY {keys} ORDER BY {known_at(view)} RANGE UNBOUNDED PRECEDING)"
    return f"({real} AND {event} = {latest} AND {alone})"


def seen_name(view: JoinedView) -> str:
    return identifier("k_" + view.alias)


def seen_sql(view: JoinedView) -> str:
    """The rows that are seen: one for each key and moment from which it is seen, with its two times."""
    times = f"epoch_us({identifier(view.event_time)}) AS __event, {known_at(view)} AS __known"
    relation, seen = identifier(view.alias), [SHOWN] if view.marked is not False else []
    if view.marked is None or (view.early and view.created):
        relation, seen = f"({marked_sql(view, relation)})", [SHOWN]
    # Only such a row can have no moment from which it is seen.
    seen += [f"{_seen_from(view)} IS NOT NULL"] if view.created else []
    where = f" WHERE {' AND '.join(seen)}" if seen else ""
    columns = comma([*view.keys, *view.features])
    return f"SELECT {columns}, {times} FROM {relation}{where}"


def from_column(view: JoinedView) -> str:
    """Of `seen_sql`: the moment from which a row is seen, in microseconds."""
    return "__event" if view.early else "__known"


def same_keys(view: JoinedView, rows: str = "") -> str:
    """Whose key the label's is: of the rows that are seen, or of others that have the view's keys."""
    rows = rows or seen_name(view)
    return " AND ".join(f"labels.{identifier(column)} = {rows}.{identifier(key)}" for key, column in view.keys.items())


def _asof_sql(view: JoinedView) -> str:
    alias = seen_name(view)
    # DuckDB's ASOF join of many rows takes a missing time for the latest of all, which would see everything (1.5.5).
    at = f"coalesce(labels.__t, {_BEFORE_ALL})"
    return f"ASOF LEFT JOIN {alias} ON {same_keys(view)} AND {at} >= {alias}.{from_column(view)}"


def outputs(labels: Labels, views: Sequence[JoinedView]) -> str:
    """The columns that come out, of `labels` and of each view's rows under its name."""
    chosen = [f"labels.{identifier(name)}" for name in labels.kept]
    return ", ".join([*chosen, *(out for view in views for out in _of_view(view))])


def _of_view(view: JoinedView) -> list[str]:
    alias = seen_name(view)
    fresh = f"labels.__t - {alias}.__event <= {view.ttl_us}" if view.ttl_us is not None else None
    out = []
    for name, named in view.named:
        value = f"{alias}.{identifier(name)}"
        out.append(f"{f'CASE WHEN {fresh} THEN {value} END' if fresh else value} AS {identifier(named)}")
    out.append(f"make_timestamp({alias}.__event) AS {identifier(view.event_column)}")
    out.append(f"make_timestamp({alias}.__known) AS {identifier(view.known_column)}")
    return out


def comma(names: Iterable[str]) -> str:
    return ", ".join(identifier(name) for name in names)
