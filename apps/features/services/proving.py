"""The proof of a join: all counted again on the rows as written, by a method that shares nothing with it but the rule.

Labels and all rows of a view, marked or not, are put into one sequence per key, and a running maximum of the event time
says what each label may see. From that, and not from what the join says of itself, rows are counted as joined, missing
or expired; what the join found is held against it. And whatever value came out has to be that of a row of its key, of
that event, which nobody had corrected by the label's time: of values from elsewhere the times alone would not tell.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from apps.features.adapters.asof import comma, known_at, meant_sql, real_sql, value_sql, values_sql
from apps.features.errors import DefinitionRefused, LeakageFound
from apps.features.models import FeatureView
from apps.features.ports import JoinedView, Labels
from apps.features.services.foreseeing import of_its_sql
from foundation.lake.ports import Lake, TableAt
from foundation.quoting import identifier
from foundation.words import kept as _

Proof = dict[str, Any]


def proof_sql(*, event_time: str, view: JoinedView) -> str:
    """Counts over `joined` and `source`: joined, missing, expired, violations, mismatches, early, oldest_us.

    `violations` are values of later than the label; where somebody opted out of `created`, what became known later is
    counted as `early` instead.
    """
    t, event = f"epoch_us({identifier(event_time)})", f"epoch_us({identifier(view.event_column)})"
    known = f"epoch_us({identifier(view.known_column)})"
    base_keys = ", ".join(f"{identifier(column)} AS k{i}" for i, column in enumerate(view.keys.values()))
    view_keys = ", ".join(f"{identifier(key)} AS k{i}" for i, key in enumerate(view.keys))
    names = [f"k{i}" for i in range(len(view.keys))]
    # A label without a key or a time sees nothing, while a partition of a window holds all that is missing for equal.
    whole = " AND ".join(f"{name} IS NOT NULL" for name in (*names, "moment"))
    held = f"epoch_us({identifier(view.event_time)})"
    seen = held if view.early else known_at(view)
    bad = f"{event} > {t}" if view.early else f"{event} > {t} OR {known} > {t}"
    fresh = f"moment - wanted <= {view.ttl_us}" if view.ttl_us is not None else "true"
    # A label comes behind the rows of its own moment: the frame of a RANGE holds all that are at it. What is sorted is
    # as narrow as can be: `event` is of a row of the view what it holds, and of a label what the join found for it.
    return f"""
    WITH points AS (
      SELECT {base_keys}, {t} AS moment, true AS label, {event} AS event FROM joined
      UNION ALL
      SELECT {view_keys}, {seen}, false, {held} FROM source WHERE {seen} IS NOT NULL AND {real_sql(view)}
    ), expected AS (
      SELECT moment, label, event, CASE WHEN {whole} THEN max(CASE WHEN NOT label THEN event END) OVER (
        PARTITION BY {", ".join(names)} ORDER BY moment NULLS FIRST RANGE UNBOUNDED PRECEDING) END AS wanted FROM points
    )
    SELECT
      count(*) FILTER (wanted IS NOT NULL AND {fresh}) AS joined,
      count(*) FILTER (wanted IS NULL) AS missing,
      count(*) FILTER (wanted IS NOT NULL AND NOT ({fresh})) AS expired,
      (SELECT count(*) FROM joined WHERE {bad}) AS violations,
      count(*) FILTER (event IS DISTINCT FROM wanted) AS mismatches,
      (SELECT count(*) FROM joined WHERE {known} > {t}) AS early,
      max(moment - wanted) AS oldest_us
    FROM expected WHERE label
    """


def strange_sql(*, event_time: str, view: JoinedView, there: Collection[str]) -> str:
    """How many values in `joined` are of no row of `source` that their label may see, as `strange`.

    Of features that are `there`. A row of the view is known by its key, both times and a hash of what it holds; of
    those of one event the label sees the one that was known last. Where there is nothing to see all features are empty.
    """
    t, event = f"epoch_us({identifier(event_time)})", f"epoch_us({identifier(view.event_column)})"
    known, held = f"epoch_us({identifier(view.known_column)})", f"epoch_us({identifier(view.event_time)})"
    named = [(feature, name) for feature, name in view.named if name in there]
    values, of_view = comma(name for _feature, name in named) or "1", comma(feature for feature, _name in named) or "1"
    base_keys = ", ".join(f"{identifier(column)} AS k{i}" for i, column in enumerate(view.keys.values()))
    view_keys = ", ".join(f"{identifier(key)} AS k{i}" for i, key in enumerate(view.keys))
    same = " AND ".join(f"found.k{i} = held.k{i}" for i in range(len(view.keys))) + " AND found.event = held.event"
    fresh = f"{t} - {event} <= {view.ttl_us}" if view.ttl_us is not None else "true"
    full = " OR ".join(f"{identifier(name)} IS NOT NULL" for _feature, name in named) or "false"
    by_then = "" if view.early else " AND held.known <= found.moment"
    return f"""
    WITH found AS (
      SELECT {base_keys}, {t} AS moment, {event} AS event, {known} AS known, hash({values}) AS said FROM joined
      WHERE {event} IS NOT NULL AND {fresh}
    ), held AS (
      SELECT {view_keys}, {held} AS event, {known_at(view)} AS known, hash({of_view}) AS said FROM source
    ), ours AS MATERIALIZED (
      SELECT * FROM found SEMI JOIN held
      ON {same} AND found.said = held.said AND found.known IS NOT DISTINCT FROM held.known
    )
    SELECT (SELECT count(*) FROM found) - (SELECT count(*) FROM ours)
      + (SELECT count(*) FROM ours AS found SEMI JOIN held ON {same} AND held.known > found.known{by_then})
      + (SELECT count(*) FROM joined WHERE ({event} IS NULL OR NOT ({fresh})) AND ({full})) AS strange
    """


def proof_of(
    tables: Lake,
    labels: Labels,
    at: TableAt,
    joined: Sequence[JoinedView],
    sources: Mapping[str, TableAt],
    views: Sequence[FeatureView],
) -> list[Proof]:
    """The counts view by view; LeakageFound where a single value could not have been known."""
    counts, there = [], {column.name for column in tables.schema(at)}
    for spec, view in zip(joined, views, strict=True):
        rows = {"joined": at, "source": sources[spec.alias]}
        found = tables.query(proof_sql(event_time=labels.event_time, view=spec), rows).read_all().to_pylist()[0]
        strange = tables.query(strange_sql(event_time=labels.event_time, view=spec, there=there), rows).read_all()
        found["mismatches"] += strange.column("strange")[0].as_py()
        early: Proof = {"ignores_known_since": True} if spec.early else {}
        # No count sees into the SQL of a view; how that was looked at is told beside them.
        said = {**found, **early, **of_its_sql(view)}
        counts.append({"view": str(view), "view_id": str(view.pk), "digest": view.digest, **said})
    _check_nothing_leaked(sum(one["violations"] for one in counts), sum(one["mismatches"] for one in counts))
    return counts


def _check_nothing_leaked(violations: int, mismatches: int) -> None:
    if violations or mismatches:
        raise LeakageFound(
            _(
                "%(violations)d values are younger than their label and %(mismatches)d differ from "
                "the second method; nothing is kept."
            )
            % {"violations": violations, "mismatches": mismatches}
        )


def _counted(tables: Lake, labels: Labels, base: TableAt) -> dict[str, Any]:
    """The rows that are meant, and a sum over what is kept of them that tells if one of them is gone or there twice."""
    label = value_sql(labels, labels.label) if labels.label else "1"
    kept = f"FILTER ({label} IS NOT NULL)"
    sql = (
        f"SELECT count(*) AS in_window, count({label}) AS labelled, count(*) - count({label}) AS without_label, "
        f"{_sum(labels)} {kept} AS sum FROM base WHERE {meant_sql(labels, labelled=False)}"
    )
    found: dict[str, Any] = tables.query(sql, {"base": base}).read_all().to_pylist()[0]
    return {**found, "sum": _text(found["sum"])}


def check_each_once(tables: Lake, labels: Labels, base: TableAt, at: TableAt) -> tuple[dict[str, Any], int]:
    """What was counted of the labels, and how many rows came out; LeakageFound unless it is each of them, once.

    By number, and by a sum over all that is kept of each: one that is lost for another changes it.
    """
    there = {column.name for column in tables.schema(at)}
    labels = replace(labels, kept=tuple(name for name in labels.kept if name in there))
    before = _counted(tables, labels, base)
    sql = f"SELECT count(*) AS rows, {_sum(labels)} AS sum FROM joined"
    after = tables.query(sql, {"joined": at}).read_all().to_pylist()[0]
    rows = int(after["rows"])
    check_same(int(before["labelled"]), before["sum"], rows, _text(after["sum"]))
    if rows == 0 and not labels.label:
        raise DefinitionRefused(_("There is no row to join features to. Send rows, or choose a version that has some."))
    if rows == 0:
        raise DefinitionRefused(
            _("No row of the data has a label inside the window. Widen the window or choose another label.")
        )
    return before, rows


def check_same(labelled: int, wanted: str, rows: int, found: str) -> None:
    """LeakageFound unless as many rows came out as labels went in, and the sums over what is kept of both agree."""
    if rows != labelled:
        raise LeakageFound(
            _("%(labels)d labelled rows went into the join and %(rows)d came out; a join must keep each exactly once.")
            % {"labels": labelled, "rows": rows}
        )
    if found != wanted:
        raise LeakageFound(
            _(
                "As many rows came out of the join as went in, but not the same ones; a join must keep "
                "each exactly once."
            )
        )


def _sum(labels: Labels) -> str:
    return f"sum(hash({values_sql(labels)})::HUGEINT)"


def _text(number: Any) -> str:
    return str(number or 0)
