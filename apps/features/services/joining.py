"""Joining as of each label's time: on which engine, and that each label came out exactly once, whatever it was."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.conf import settings

from apps.features.adapters.asof import SHOWN, LakeJoin, marked_sql
from apps.features.adapters.spark import SparkJoin
from apps.features.models import FeatureView
from apps.features.ports import JoinedView, Labels, PointInTimeJoin, Through
from apps.features.services.meeting import check_whole
from apps.features.services.proving import check_each_once, proof_of, proof_sql
from foundation.lake.ports import Inspected, Lake, TableAt

__all__ = ["SHOWN", "Joined", "JoinedView", "Labels", "as_of", "marked_sql", "profile_of", "proof_sql", "seen_as"]


@dataclass(frozen=True)
class Joined:
    """Where the rows lie, and what was counted of them."""

    at: TableAt
    proof: dict[str, Any]


def as_of(
    tables: Lake,
    into: str,
    labels: Labels,
    base: TableAt,
    parts: Sequence[tuple[FeatureView, JoinedView, TableAt]],
    *,
    heard: Callable[[], None],
    proving: Callable[[], None] = lambda: None,
    through: Through | None = None,
) -> Joined:
    """Join and prove. LeakageFound where a row is lost or doubled, or saw what nobody knew; then nothing is kept.

    DefinitionRefused where it is not sure which key a row has (`check_whole`).

    `heard` is called now and then, and raises to end it; `proving` once the rows are there. What they go
    `through` may add columns and leave some out, and no row.
    """
    views, sources = [spec for _view, spec, _at in parts], {spec.alias: at for _view, spec, at in parts}
    check_whole(tables, labels, views, {"base": base, **sources})
    rows = sum(tables.known(at).rows for at in (base, *sources.values()))
    engine = engine_for(rows)
    try:
        at = engine.join(tables, into, labels, views, {"base": base, **sources}, heard=heard, through=through)
        heard()
        proving()
        before, count = check_each_once(tables, labels, base, at)
        counts = proof_of(tables, labels, at, views, sources, [view for view, _spec, _at in parts])
    except BaseException:
        tables.drop(into)
        raise
    of_labels = {name: before[name] for name in ("in_window", "labelled", "without_label")}
    sums = {name: sum(one[name] for one in counts) for name in ("violations", "mismatches", "early")}
    by_time = bool(labels.event_time)
    return Joined(at, {**of_labels, "rows": count, "views": counts, **sums, "by_time": by_time, "engine": engine.name})


def seen_as(index: int, view: FeatureView, part: Mapping[str, Any], *, early: bool = False) -> JoinedView:
    """A view of which a part is joined: {"keys": …, "features": …, "names": what they are called, or nothing}."""
    return JoinedView(
        alias=f"v{index}",
        keys=dict(part["keys"]),
        event_time=view.event_time,
        created=view.created_column,
        features=tuple(part["features"]),
        names=tuple(part.get("names") or ()),
        ttl_us=view.ttl_seconds * 1_000_000 if view.ttl_seconds else None,
        marked=view.marked,
        early=early and bool(view.created_column),
    )


def profile_of(found: Inspected) -> dict[str, Any]:
    """What is in a view's columns, without the mark that is none of them."""
    return {**found.profile, "columns": [column for column in found.profile["columns"] if column["name"] != SHOWN]}


def engine_for(rows: int) -> PointInTimeJoin:
    """The engine for a join of so many rows of labels and views, as the settings say."""
    wanted, master = settings.FEATURES_JOIN_ENGINE, settings.FEATURES_SPARK_MASTER
    if wanted == "duckdb" or not master or (wanted == "auto" and rows < settings.FEATURES_SPARK_FROM_ROWS):
        return LakeJoin()
    return _spark(master, settings.FEATURES_SPARK_EXCHANGE, tuple(settings.FEATURES_SPARK_OPTIONS))


@lru_cache(maxsize=2)
def _spark(master: str, exchange: str, options: tuple[str, ...]) -> PointInTimeJoin:
    pairs = (option.partition("=") for option in options)
    return SparkJoin(master, exchange, {name: value for name, _sign, value in pairs})
