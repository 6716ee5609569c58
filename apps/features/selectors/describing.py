"""What the page of one feature tells of it: how its values are spread, how they were in other versions, its cost."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from apps.datasets import selectors as datasets
from apps.features.choices import BuildState, FeatureKind
from apps.features.models import Feature, FeatureView
from apps.features.selectors.derived import column_learned, learned_with
from apps.features.selectors.finding import features_out_of_bin
from apps.features.selectors.masking import masks_of_view, profile_of_view
from apps.features.selectors.reading import view_table
from apps.tenants import selectors as tenants
from foundation import jobs, lake
from foundation.clock import now
from foundation.identity import Actor
from foundation.quoting import identifier

_BINS = 30
# The profiles of so many versions are opened, each a sealed object.
_MOST_EDITIONS = 12
_LOW, _HIGH = "0.01", "0.99"


@dataclass(frozen=True)
class Spread:
    """Counts by bin between the 1 % and the 99 % quantile, and of what lies outside; or of the frequent values."""

    rows: int
    missing: int
    edges: tuple[float, ...] = ()
    counts: tuple[int, ...] = ()
    below: int = 0
    above: int = 0
    frequent: tuple[tuple[str, int], ...] = ()
    masked: bool = False


@dataclass(frozen=True)
class Edition:
    """The feature in one version of its view. `moved` is how far from the version before: see `datasets.drift`."""

    feature: Feature
    column: dict[str, Any]
    moved: tuple[str, float] | None
    # steady, moved or far; empty where nothing is known.
    tone: str


@dataclass(frozen=True)
class Cost:
    """What a feature takes: shares of its view's, since the view's columns are computed and kept together."""

    view_bytes: int | None
    features: int
    seconds: float
    jobs: int
    keys_online: int | None
    # In AED, of the whole view, this month; None for whoever may not see usage.
    month: Decimal | None

    @property
    def bytes(self) -> int | None:
        return None if self.view_bytes is None else round(self.view_bytes / max(self.features, 1))


def column_of(actor: Actor, feature: Feature) -> dict[str, Any]:
    """The feature's profile as the actor may know it; empty where its view has no rows."""
    if feature.view is None:
        return column_learned(feature, found) if (found := learned_with(actor, feature)) else {}
    columns = profile_of_view(actor, feature.view).get("columns", [])
    return next((dict(column) for column in columns if column["name"] == feature.name), {})


def spread(actor: Actor, feature: Feature) -> Spread:
    """How the values are spread; without the outermost hundredths, which would leave nothing to see of the others."""
    column, at = column_of(actor, feature), None
    if feature.view is None:
        found = learned_with(actor, feature)
        rows, at = column.get("rows", 0), found.at if found else None
    else:
        rows = feature.view.row_count or 0
        at = view_table(feature.view) if feature.view.state == BuildState.READY else None
    base = {"rows": rows, "missing": column.get("nulls", 0), "masked": bool(column.get("masked"))}
    quantiles = column.get("quantiles") or {}
    low, high = quantiles.get(_LOW), quantiles.get(_HIGH)
    numeric = (
        column.get("kind") == FeatureKind.NUMBER and isinstance(low, int | float) and isinstance(high, int | float)
    )
    if at is None or not numeric or not low < high:  # type: ignore[operator]
        often = [(str(top["value"]), top["count"]) for top in column.get("top") or []]
        return Spread(**base, frequent=tuple(often) or _binned(column))
    value, wide = f"{identifier(feature.name)}::DOUBLE", (high - low) / _BINS  # type: ignore[operator]
    bucket = f"CASE WHEN {value} < {low!r} THEN -1 WHEN {value} > {high!r} THEN {_BINS} ELSE "
    bucket += f"least(floor(({value} - {low!r}) / {wide!r}), {_BINS - 1}) END"
    sql = f"SELECT ({bucket})::INTEGER AS bin, count(*) AS n FROM rows WHERE isfinite({value}) GROUP BY 1"  # noqa: S608
    read = lake.for_tenant(feature.tenant_id).query(sql, {"rows": at}).read_all().to_pylist()
    counted = {row["bin"]: row["n"] for row in read}
    return Spread(
        **base,
        edges=tuple(low + wide * step for step in range(_BINS + 1)),
        counts=tuple(counted.get(step, 0) for step in range(_BINS)),
        below=counted.get(-1, 0),
        above=counted.get(_BINS, 0),
    )


def _binned(column: dict[str, Any]) -> tuple[tuple[str, int], ...]:
    """Of times: the bins of the profile."""
    histogram = column.get("histogram") or {}
    return tuple(
        (str(edge)[:16].replace("T", " "), n)
        for edge, n in zip(histogram.get("edges", []), histogram.get("counts", []), strict=False)
    )


def editions(*, actor: Actor, feature: Feature, view: FeatureView) -> list[Edition]:
    """The feature in each version of its view that has it, the newest first, against the version before.

    Of what the actor sees masked it is not said how far it moved: whoever defines versions could try out guesses.
    """
    rows = features_out_of_bin().filter(project_id=feature.project_id, view__name=view.name, name=feature.name)
    rows = rows.select_related("view__entity").order_by("-view__number")[: _MOST_EDITIONS + 1]
    found = [
        (row, column_of(actor, row), row.view is not None and row.name in masks_of_view(actor, row.view))
        for row in rows
    ]
    shown = []
    for at, (row, column, masked) in enumerate(found[:_MOST_EDITIONS]):
        before = found[at + 1] if at + 1 < len(found) else None
        moved = None if before is None or masked or before[2] else _moved(before, row, column)
        shown.append(Edition(row, column, moved, _tone(moved)))
    return shown


def _moved(before: tuple[Feature, dict[str, Any], bool], row: Feature, column: dict[str, Any]) -> Any:
    return datasets.drift(_present(before[1], before[0]), _present(column, row))


def _present(column: dict[str, Any], row: Feature) -> dict[str, Any]:
    rows = row.view.row_count if row.view is not None else None
    return {**column, "present": (rows or 0) - column.get("nulls", 0)} if column else {}


def _tone(moved: tuple[str, float] | None) -> str:
    if moved is None:
        return ""
    return "steady" if moved[1] < datasets.STEADY else "moved" if moved[1] < datasets.FAR else "far"


def cost_of(*, actor: Actor, feature: Feature, view: FeatureView) -> Cost:
    """What a feature of this view takes; one that is computed when asked for takes no room."""
    sizes = lake.for_tenant(view.tenant_id).sizes([view.lake_table]) if view.lake_table else {}
    spans = jobs.jobs_of(actor=actor, subject=("feature_view", view.pk)).exclude(started_at=None)
    took = [job.elapsed(now()) or timedelta() for job in spans]
    return Cost(
        view_bytes=sizes.get(view.lake_table),
        features=len(view.features),
        seconds=sum((one.total_seconds() for one in took), 0.0),
        jobs=len(took),
        keys_online=view.online_keys,
        month=tenants.cost_of_thing(actor=actor, thing_id=view.pk, now=now()),
    )


def is_expired(feature: Feature, at: datetime) -> bool | None:
    """Whether its newest value is older than its view lets values hold; None where they hold for ever."""
    if feature.view is None:
        return None
    ttl, newest = feature.view.ttl_seconds, feature.newest_at
    return None if ttl is None or newest is None else newest + timedelta(seconds=ttl) < at
