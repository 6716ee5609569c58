"""Which versions a retention rule lets go, and why the others stay."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from apps.datasets.choices import KeptBecause, VersionState
from apps.datasets.models import Dataset, DatasetVersion, RetentionRule
from apps.datasets.selectors.holding import holds_on
from apps.datasets.selectors.reading import made_from
from foundation.identity import Actor


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
    return [Fate(v, _kept(place, v, keep_newest, keep_days, now)) for place, v in enumerate(versions)]


def _kept(
    place: int, version: DatasetVersion, keep_newest: int | None, keep_days: int | None, now: datetime
) -> KeptBecause | None:
    """The first reason that keeps it; those that cost a question to other apps come last."""
    if keep_newest is None and keep_days is None:
        return KeptBecause.NO_LIMIT
    if place == 0 or (keep_newest is not None and place < keep_newest):
        return KeptBecause.NEWEST
    if keep_days is not None and (version.committed_at or version.created_at) > now - timedelta(days=keep_days):
        return KeptBecause.YOUNG
    if version.tags.all():
        return KeptBecause.TAGGED
    if holds_on(version):
        return KeptBecause.HELD
    system = Actor.system(version.tenant, "retention")
    living = [node for node in made_from(actor=system, version=version) if not node.broken_reason]
    return KeptBecause.USED if living else None


def going(found: Iterable[Fate]) -> list[DatasetVersion]:
    return [fate.version for fate in found if fate.goes]
