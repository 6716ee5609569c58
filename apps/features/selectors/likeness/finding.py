"""Which features of a project are like one: like one that is there, or like one that somebody is about to define."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from apps.datasets import selectors as datasets
from apps.features.models import Feature, FeatureView
from apps.features.selectors.finding import about, visible_features
from apps.features.selectors.likeness.scoring import SIMILAR, Described, Likeness, likeness
from apps.features.selectors.masking import masks_of_view
from foundation.identity import Actor

# So many features are looked at, the first by name; of so many views the sealed profiles are opened.
_MOST, _MOST_PROFILES = 20_000, 12
# Means may lie so far apart, in standard deviations, for values to be worth a closer look.
_MEANS_APART = 0.1
_SHOWN = 5
# So many pairs are scored for a definition, about two seconds of work: of a very wide one the first features.
_MOST_PAIRS = 200_000


@dataclass(frozen=True)
class Alike:
    """A feature that is there, and how it is like the other."""

    feature: Feature
    likeness: Likeness


def like_feature(*, actor: Actor, feature: Feature) -> list[Alike]:
    """Features of other views of the project that are like this one, the likest first."""
    rows = visible_features(actor=actor, project_id=feature.project_id)
    if feature.view is None:
        told, rows = _described(feature, {}), rows.exclude(on_demand__name=feature.home.name)
        return alike(actor, told, rows, {})
    told = _described(feature, _columns(actor, feature.view).get(feature.name, {}))
    rows = rows.exclude(view__name=feature.view.name)
    return alike(actor, told, rows, {"mean": feature.mean, "deviation": feature.deviation})


def like_new(
    *, actor: Actor, project_id: UUID, features: Iterable[Described], view_name: str = "", on_demand_name: str = ""
) -> dict[str, list[Alike]]:
    """For each new feature what is like it, those without any left out. The names are of what gets a version."""
    rows = visible_features(actor=actor, project_id=project_id)
    rows = rows.exclude(view__name=view_name) if view_name else rows
    rows = rows.exclude(on_demand__name=on_demand_name) if on_demand_name else rows
    there = [(row, _described(row, {})) for row in _slim(rows)]
    asked = list(features)[: max(1, _MOST_PAIRS // max(len(there), 1))]
    profiles = _Profiles(actor)
    found = {one.name: alike(actor, one, rows, one.column, there=there, profiles=profiles) for one in asked}
    return {name: same for name, same in found.items() if same}


def alike(
    actor: Actor,
    told: Described,
    rows: QuerySet[Feature],
    figures: Mapping[str, Any],
    *,
    there: Sequence[tuple[Feature, Described]] | None = None,
    profiles: _Profiles | None = None,
) -> list[Alike]:
    """By names and columns of all of them first; the values of those that might be the same are looked at then.

    `there` are the rows as they are compared, and `profiles` those that were opened, where several are asked for.
    """
    described = [(row, _described(row, {})) for row in _slim(rows)] if there is None else there
    scored = [(row, likeness(told, other)) for row, other in described]
    near = {row.pk for row, found in scored if found.score >= SIMILAR / 2 or _near(row, told, figures)}
    likely = sorted((pair for pair in scored if pair[0].pk in near), key=lambda pair: (-pair[1].score, pair[0].pk))
    judged = _by_values(profiles or _Profiles(actor), told, [row for row, _found in likely])
    best = sorted((one for one in judged if one.likeness.similar), key=lambda o: (-o.likeness.score, str(o.feature)))
    return best[:_SHOWN]


def _slim(rows: QuerySet[Feature]) -> Iterable[Feature]:
    wanted = ("name", "kind", "covered", "sources", "about", "mean", "deviation", "view__name", "view__number")
    wanted = (*wanted, "on_demand__name", "on_demand__number")  # type: ignore[assignment]
    rows = rows.select_related(None).select_related("view__entity", "on_demand")
    return rows.only(*wanted, "view__entity__name").order_by("name", "pk")[:_MOST]


def _near(row: Feature, told: Described, figures: Mapping[str, Any]) -> bool:
    """Whether the values might be the same, by mean and deviation."""
    mean, deviation = figures.get("mean"), figures.get("deviation", figures.get("std"))
    if row.kind != told.kind or None in (mean, deviation, row.mean, row.deviation):
        return False
    wide = max(float(deviation), float(row.deviation or 0))
    return wide > 0 and abs(float(mean) - float(row.mean or 0)) <= _MEANS_APART * wide  # type: ignore[arg-type]


class _Profiles:
    """Profiles of views as the actor may know them, with how many rows they are of; each is opened once."""

    def __init__(self, actor: Actor) -> None:
        self._actor = actor
        self._opened: dict[UUID, tuple[int, dict[str, dict[str, Any]]]] = {}

    def of(self, view_ids: Collection[UUID]) -> Mapping[UUID, tuple[int, dict[str, dict[str, Any]]]]:
        wanted = [pk for pk in view_ids if pk not in self._opened]
        for view in FeatureView.objects.filter(pk__in=wanted).select_related("entity"):
            self._opened[view.pk] = (view.row_count or 0, _columns(self._actor, view))
        return {pk: self._opened[pk] for pk in view_ids if pk in self._opened}


def _by_values(profiles: _Profiles, told: Described, rows: Collection[Feature]) -> Iterable[Alike]:
    """Each with its profile as far as profiles are opened, and as the actor may know it."""
    wanted = list(dict.fromkeys(row.view_id for row in rows if row.view_id))[:_MOST_PROFILES] if told.column else []
    columns = profiles.of(wanted)
    for row in rows:
        count, known = columns.get(row.view_id, (0, {})) if row.view_id else (0, {})
        column = {} if row.covered else known.get(row.name, {})
        yield Alike(row, likeness(told, _described(row, column, count)))


def _columns(actor: Actor, view: FeatureView) -> dict[str, dict[str, Any]]:
    """Profiles of the view's columns; whoever sees one masked cannot try out guesses against it."""
    masked = masks_of_view(actor, view)
    return {c["name"]: c for c in view.profile.get("columns", []) if c["name"] not in masked}


def _described(row: Feature, column: Mapping[str, Any], rows: int | None = None) -> Described:
    return Described(
        name=row.name,
        kind=row.kind,
        entity=about(row),
        sources=frozenset(row.sources),
        rows=(row.view.row_count or 0) if rows is None and column and row.view else rows or 0,
        column=column,
    )


def described_as_new(
    name: str, kind: str, *, entity: str = "", sources: Iterable[str] = (), column: Mapping[str, Any] | None = None
) -> Described:
    """A feature that is not there yet."""
    rows = int((column or {}).get("rows", 0))
    return Described(name, kind, entity, frozenset(sources), rows, column or {})


def source_names(actor: Actor, words: Iterable[str]) -> list[str]:
    """Columns in words, “flights.dep_delay”, in their order; empty where the actor may not see the dataset."""
    parted = [word.partition(":") for word in words]
    ids = {UUID(pk) for pk, _colon, _column in parted}
    names = dict(datasets.visible_datasets(actor=actor).filter(pk__in=ids).values_list("pk", "name"))
    return [f"{names[UUID(pk)]}.{column}" if UUID(pk) in names else "" for pk, _colon, column in parted]
