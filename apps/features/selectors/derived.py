"""What is known of the values of a feature that is computed when asked for: those that training sets have of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from apps.features.choices import BuildState, FeatureKind
from apps.features.models import Feature, OnDemandView, TrainingSet
from apps.features.selectors.finding import features_out_of_bin
from apps.features.selectors.masking import masks_of_set
from apps.features.selectors.reading import training_table, visible_training_sets
from foundation import lake
from foundation.identity import Actor
from foundation.lake.ports import TableAt
from foundation.quoting import identifier

_QUANTILES = (0.01, 0.25, 0.5, 0.75, 0.99)
_MOST_FREQUENT = 20


@dataclass(frozen=True)
class Learned:
    """The newest training set that has the feature: where its rows lie, and whether the reader sees values masked."""

    training_set: TrainingSet
    at: TableAt
    masked: bool
    # The reader sees the rows' times, so that values can be shown along them.
    timed: bool


def learned_with(actor: Actor, feature: Feature) -> Learned | None:
    """None where no training set that the actor sees has it."""
    sets = visible_training_sets(actor=actor).filter(pk__in=feature.used_by, state=BuildState.READY)
    newest = sets.order_by("-created_at").first()
    if newest is None:
        return None
    masks = masks_of_set(actor, newest)
    timed = bool(newest.event_time) and newest.event_time not in masks
    return Learned(newest, training_table(newest), feature.name in masks, timed)


def column_learned(feature: Feature, found: Learned) -> dict[str, Any]:
    """The column as a profile has one: counts, and figures of the values where the reader sees them."""
    name = identifier(feature.name)
    counts = f"count(*) AS rows, count(*) - count({name}) AS nulls"
    told = _row(found, f"SELECT {counts} FROM rows")  # noqa: S608
    base = {"name": feature.name, "kind": feature.kind, **told}
    if found.masked:
        return {**base, "masked": True}
    base["distinct"] = _row(found, f"SELECT approx_count_distinct({name}) AS n FROM rows")["n"]  # noqa: S608
    if feature.kind != FeatureKind.NUMBER:
        top = f"SELECT {name}::VARCHAR AS value, count(*) AS count FROM rows WHERE {name} IS NOT NULL"  # noqa: S608
        return {**base, "top": _rows(found, f"{top} GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT {_MOST_FREQUENT}")}
    value = f"{name}::DOUBLE"
    figures = f"avg({value}) AS mean, stddev_samp({value}) AS std, min({value}) AS min, max({value}) AS max"
    cuts = ", ".join(f"quantile_cont({value}, {q}) AS q{n}" for n, q in enumerate(_QUANTILES))
    row = _row(found, f"SELECT {figures}, {cuts} FROM rows")  # noqa: S608
    quantiles = {str(q): row.pop(f"q{n}") for n, q in enumerate(_QUANTILES)}
    return {**base, **row, "quantiles": quantiles}


def versions_with(*, actor: Actor, feature: Feature) -> list[Feature]:
    """The feature in each version of its on-demand features that has it, the newest first."""
    rows = (
        features_out_of_bin()
        .filter(project_id=feature.project_id, on_demand__name=feature.home.name, name=feature.name)
        .select_related("on_demand")
    )
    return list(rows.order_by("-on_demand__number")[:_MOST_FREQUENT])


def expression_of(view: OnDemandView, name: str) -> dict[str, Any]:
    """How one of its features is written: name, type, expression, and what it is made of."""
    return next(dict(one) for one in view.features if one["name"] == name)


def _row(found: Learned, sql: str) -> dict[str, Any]:
    return _rows(found, sql)[0]


def _rows(found: Learned, sql: str) -> list[dict[str, Any]]:
    tables = lake.for_tenant(found.training_set.tenant_id)
    rows: list[dict[str, Any]] = tables.query(sql, {"rows": found.at}).read_all().to_pylist()
    return rows
