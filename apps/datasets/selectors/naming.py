"""Which versions SQL means by its table names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from apps.datasets.choices import VersionState
from apps.datasets.models import Dataset, DatasetVersion
from apps.datasets.selectors.masking import may_be_personal
from apps.datasets.selectors.reading import visible_datasets, visible_versions
from foundation import lake
from foundation.identity import Actor

_WITH_ROWS = (VersionState.READY, VersionState.REVIEW)


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


def columns_there(*, actor: Actor, project_id: UUID, dataset_id: UUID | None = None) -> list[str]:
    """The columns of versions with rows, of a project or of one dataset of it; personal ones first, then by name."""
    rows = visible_versions(actor=actor, dataset_id=dataset_id).filter(project_id=project_id)
    return _personal_first(rows.filter(state__in=_WITH_ROWS).values_list("schema", flat=True))


def columns_by_project(*, actor: Actor) -> dict[UUID, list[str]]:
    """The columns of the newest ready versions of each project's datasets; personal ones first, then by name."""
    schemas: dict[UUID, list[Any]] = {}
    for dataset in visible_datasets(actor=actor):
        schemas.setdefault(dataset.project_id, []).append(getattr(dataset, "latest_schema", None) or [])
    return {project_id: _personal_first(found) for project_id, found in schemas.items()}


def _personal_first(schemas: Iterable[list[dict[str, Any]]]) -> list[str]:
    personal: dict[str, bool] = {}
    for column in (column for schema in schemas for column in schema):
        personal[column["name"]] = personal.get(column["name"], False) or may_be_personal(column)
    return sorted(personal, key=lambda name: (not personal[name], name))


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
