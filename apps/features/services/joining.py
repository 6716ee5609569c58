"""The SQL of a point-in-time join, and of the proof that it leaked nothing.

A label row sees, of each view, the row with the latest event time among those that were known at the label's time:
known means event time, or created time where that is later. Times are compared as microseconds since 1970 in UTC; a
time without a zone is taken as UTC. The statements are ours alone: names are quoted, values are parameters.

Of a row that became known when a later event was known already no label ever sees anything: a correction of the past.
Rows are marked so once, when a view is computed, and a join is one ASOF join over the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from foundation.quoting import identifier


@dataclass(frozen=True)
class JoinedView:
    """One view in a join: `alias` is its input's name, `keys` maps its join keys to columns of the base."""

    alias: str
    keys: dict[str, str]
    event_time: str
    created: str
    features: tuple[str, ...]
    ttl_us: int | None
    # Whether a column SHOWN tells which rows are seen; where there is none, all are. None: nobody has looked yet.
    marked: bool | None = None

    @property
    def event_column(self) -> str:
        return f"__event_{self.alias}"

    @property
    def known_column(self) -> str:
        return f"__known_{self.alias}"


SHOWN = "__shown"


def join_sql(
    *,
    base_columns: Sequence[str],
    label: str,
    event_time: str,
    start_us: int | None,
    end_us: int | None,
    views: Sequence[JoinedView],
) -> str:
    """One row out for each labelled row in; of each view the features and the two times that prove them."""
    kept = sorted(
        {*base_columns, label, *([event_time] if event_time else []), *(c for v in views for c in v.keys.values())}
    )
    limits = [f"{identifier(label)} IS NOT NULL"]
    at = f"epoch_us({identifier(event_time)})"
    limits += [f"{at} >= {start_us}"] if start_us is not None else []
    limits += [f"{at} < {end_us}"] if end_us is not None else []
    moment = f", {at} AS __t" if event_time else ""
    parts = [f"labels AS (SELECT {_list(kept)}{moment} FROM base WHERE {' AND '.join(limits)})"]
    parts += [f"{identifier('k_' + view.alias)} AS ({_known_sql(view)})" for view in views]
    joins = " ".join(_asof_sql(view) for view in views)
    chosen = [f"labels.{identifier(name)}" for name in kept] + [out for view in views for out in _outputs(view)]
    return f"WITH {', '.join(parts)} SELECT {', '.join(chosen)} FROM labels {joins}"


def proof_sql(*, event_time: str, view: JoinedView) -> str:
    """Counts over the written rows: joined, missing, expired, violations, and mismatches against a second method.

    The second method sorts labels and view rows into one sequence per key and takes a running maximum; it shares
    nothing with the join but the rule.
    """
    t, event, known = (
        f"epoch_us({identifier(event_time)})",
        identifier(view.event_column),
        identifier(view.known_column),
    )
    fresh = f"({t} - epoch_us({event}) <= {view.ttl_us})" if view.ttl_us is not None else "true"
    base_keys = ", ".join(f"{identifier(column)} AS k{i}" for i, column in enumerate(view.keys.values()))
    view_keys = ", ".join(f"{identifier(key)} AS k{i}" for i, key in enumerate(view.keys))
    names = ", ".join(f"k{i}" for i in range(len(view.keys)))
    known_at = _known_at(view)
    return f"""
    WITH points AS (
      SELECT {base_keys}, {t} AS moment, 1 AS is_label, NULL::BIGINT AS event_at, epoch_us({event}) AS found FROM joined
      UNION ALL
      SELECT {view_keys}, {known_at} AS moment, 0, epoch_us({identifier(view.event_time)}), NULL FROM source
    ), expected AS (
      SELECT is_label, found, max(event_at) OVER (
        PARTITION BY {names} ORDER BY moment, is_label ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS wanted
      FROM points
    )
    SELECT
      (SELECT count(*) FROM joined WHERE {event} IS NOT NULL AND {fresh}) AS joined,
      (SELECT count(*) FROM joined WHERE {event} IS NULL) AS missing,
      (SELECT count(*) FROM joined WHERE {event} IS NOT NULL AND NOT {fresh}) AS expired,
      (SELECT count(*) FROM joined WHERE epoch_us({event}) > {t} OR epoch_us({known}) > {t}) AS violations,
      (SELECT count(*) FROM expected WHERE is_label = 1 AND found IS DISTINCT FROM wanted) AS mismatches,
      (SELECT max({t} - epoch_us({event})) FROM joined) AS oldest_us
    """


def _known_at(view: JoinedView) -> str:
    event = f"epoch_us({identifier(view.event_time)})"
    return f"greatest({event}, epoch_us({identifier(view.created)}))" if view.created else event


def marked_sql(view: JoinedView, relation: str) -> str:
    """The rows of a view, each with whether there is a moment at which it is the latest one that is known."""
    return f"SELECT *, {_shown(view)} AS {SHOWN} FROM {relation}"


def _shown(view: JoinedView) -> str:
    keys, event = _list(view.keys), f"epoch_us({identifier(view.event_time)})"
    order = f"{event} DESC, {_list(view.features)}" if view.features else f"{event} DESC"
    alone = f"row_number() OVER (PARTITION BY {keys}, {_known_at(view)} ORDER BY {order}) = 1"
    if not view.created:
        return f"({alone})"
    latest = f"max({event}) OVER (PARTITION BY {keys} ORDER BY {_known_at(view)} RANGE UNBOUNDED PRECEDING)"
    return f"({event} = {latest} AND {alone})"


def _known_sql(view: JoinedView) -> str:
    """The rows that are seen, with their two times in microseconds."""
    times = f"epoch_us({identifier(view.event_time)}) AS __event, {_known_at(view)} AS __known"
    relation = identifier(view.alias) if view.marked is not None else f"({marked_sql(view, identifier(view.alias))})"
    seen = "" if view.marked is False else f" WHERE {SHOWN}"
    return f"SELECT {_list(view.keys)}, {_list(view.features)}, {times} FROM {relation}{seen}"


def _asof_sql(view: JoinedView) -> str:
    alias = identifier("k_" + view.alias)
    same = " AND ".join(f"labels.{identifier(column)} = {alias}.{identifier(key)}" for key, column in view.keys.items())
    return f"ASOF LEFT JOIN {alias} ON {same} AND labels.__t >= {alias}.__known"


def _outputs(view: JoinedView) -> list[str]:
    alias = identifier("k_" + view.alias)
    fresh = f"labels.__t - {alias}.__event <= {view.ttl_us}" if view.ttl_us is not None else None
    outputs = []
    for name in view.features:
        value = f"{alias}.{identifier(name)}"
        outputs.append(
            f"CASE WHEN {fresh} THEN {value} END AS {identifier(name)}" if fresh else f"{value} AS {identifier(name)}"
        )
    outputs.append(f"make_timestamp({alias}.__event) AS {identifier(view.event_column)}")
    outputs.append(f"make_timestamp({alias}.__known) AS {identifier(view.known_column)}")
    return outputs


def _list(names: Sequence[str] | dict[str, str]) -> str:
    return ", ".join(identifier(name) for name in names)
