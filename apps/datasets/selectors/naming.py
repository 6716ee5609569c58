"""Which versions SQL means by its table names."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from django.db.models import QuerySet

from apps.datasets.choices import VersionState
from apps.datasets.models import Dataset, DatasetVersion
from apps.datasets.selectors.reading import visible_datasets, visible_versions
from foundation import lake
from foundation.identity import Actor


def sql_name(dataset: Dataset) -> str:
    """What a dataset is called in SQL: its short name with underscores."""
    return dataset.slug.replace("-", "_")


def ready_versions(*, actor: Actor, project_id: UUID) -> list[DatasetVersion]:
    """The versions of a project that can be read, by name and newest first."""
    return list(_ready(actor, project_id).order_by("dataset__name", "-number"))


def has_ready_versions(*, actor: Actor, project_id: UUID) -> bool:
    """Whether there is anything to read in a project; no row is loaded for the answer."""
    return _ready(actor, project_id).exists()


def _ready(actor: Actor, project_id: UUID) -> QuerySet[DatasetVersion]:
    return visible_versions(actor=actor).filter(project_id=project_id, state=VersionState.READY)


def inputs_by_name(*, actor: Actor, project_id: UUID, sql: str, given: Mapping[str, UUID]) -> dict[str, UUID]:
    """The given inputs, and for every other table of the SQL that is called like a dataset its newest version."""
    named = {name.lower() for name in given}
    missing = {name.lower(): name for name in lake.sandbox.tables_of(sql) if name.lower() not in named}
    found = dict(given)
    for dataset in visible_datasets(actor=actor, project_id=project_id):
        latest_id: UUID | None = getattr(dataset, "latest_id", None)
        if sql_name(dataset) in missing and latest_id is not None:
            found[missing[sql_name(dataset)]] = latest_id
    return found
