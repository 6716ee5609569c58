"""Which versions a retention rule lets go, and why the others stay."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from apps.datasets.choices import KeptBecause, VersionState
from apps.datasets.models import Dataset, DatasetVersion, RetentionRule
from apps.datasets.selectors.holding import held_among
from apps.datasets.selectors.reading import made_from
from foundation.identity import Actor
from foundation.web import lineage


@dataclass(frozen=True)
class Fate:
    """What becomes of a ready version; it goes where nothing keeps it."""

    version: DatasetVersion
    kept_because: KeptBecause | None

    @property
    def goes(self) -> bool:
        return self.kept_because is None


def rule_of(dataset: Dataset) -> RetentionRule | None:
    return RetentionRule.objects.select_related("set_by").filter(dataset=dataset).first()


def fates(dataset: Dataset, *, keep_newest: int | None, keep_days: int | None, now: datetime) -> list[Fate]:
    """Each ready version, newest first. Both limits empty: everything stays. Whoever asks."""
    rows = DatasetVersion.objects.filter(dataset=dataset, state=VersionState.READY).order_by("-number")
    versions = list(rows.select_related("dataset", "project", "tenant").prefetch_related("tags"))
    held = {version.pk for version in held_among([version.pk for version in versions])}
    kept = {v.pk: _kept(place, v, keep_newest, keep_days, now, held) for place, v in enumerate(versions)}
    used = _used([version for version in versions if kept[version.pk] is None])
    return [Fate(v, kept[v.pk] or (KeptBecause.USED if v.pk in used else None)) for v in versions]


def _kept(
    place: int, version: DatasetVersion, keep_newest: int | None, keep_days: int | None, now: datetime, held: set[UUID]
) -> KeptBecause | None:
    """The first reason that keeps it, but for its use."""
    if keep_newest is None and keep_days is None:
        return KeptBecause.NO_LIMIT
    if place == 0 or (keep_newest is not None and place < keep_newest):
        return KeptBecause.NEWEST
    if keep_days is not None and (version.committed_at or version.created_at) > now - timedelta(days=keep_days):
        return KeptBecause.YOUNG
    if version.tags.all():
        return KeptBecause.TAGGED
    return KeptBecause.HELD if version.pk in held else None


def _used(versions: list[DatasetVersion]) -> set[UUID]:
    """Those that something living was made of; of most nothing was, which all apps are asked for all at once."""
    if not versions:
        return set()
    system = Actor.system(versions[0].tenant, "retention")
    ids = lineage.used(system, "dataset_version", [version.pk for version in versions])
    found = {version.pk: made_from(actor=system, version=version) for version in versions if version.pk in ids}
    return {pk for pk, nodes in found.items() if not all(node.broken_reason for node in nodes)}


def going(found: Iterable[Fate]) -> list[DatasetVersion]:
    return [fate.version for fate in found if fate.goes]
