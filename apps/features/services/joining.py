"""The SQL of a point-in-time join, and of the proof that it leaked nothing.

A label row sees, of each view, the row with the latest event time among those that were known at the label's time:
known means event time, or created time where that is later. Times are compared as microseconds since 1970 in UTC; a
time without a zone is taken as UTC. Both statements are ours alone: names are quoted, values are parameters.
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

    @property
    def event_column(self) -> str:
        return f"__event_{self.alias}"

    @property
    def known_column(self) -> str:
        return f"__known_{self.alias}"


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


def _known_sql(view: JoinedView) -> str:
    """For each key and each moment at which something became known, the row that is the latest by then."""
    keys, features = _list(view.keys), _list(view.features)
    event = f"epoch_us({identifier(view.event_time)})"
    order = f"{event} DESC, {_known_at(view)} DESC, {features}"
    rows = (
        f"SELECT {keys}, {features}, {event} AS __event, {_known_at(view)} AS __known FROM {identifier(view.alias)} "
        f"QUALIFY row_number() OVER (PARTITION BY {keys}, {_known_at(view)} ORDER BY {order}) = 1"
    )
    if not view.created:
        return rows
    # A correction of an old event must not hide a newer event that was known before it.
    packed = "struct_pack(e := __event, n := __known, " + ", ".join(
        f"f{i} := {identifier(name)}" for i, name in enumerate(view.features)
    )
    best = f"arg_max({packed}), __event) OVER (PARTITION BY {keys} ORDER BY __known)"
    unpacked = ", ".join(f"__best.f{i} AS {identifier(name)}" for i, name in enumerate(view.features))
    return (
        f"SELECT {keys}, {unpacked}, __best.e AS __event, __best.n AS __row_known, __known FROM "
        f"(SELECT {keys}, __known, {best} AS __best FROM ({rows}))"
    )


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
