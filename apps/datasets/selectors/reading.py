"""Reads, each limited to what the actor may see."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import DateTimeField, Exists, ExpressionWrapper, F, OuterRef, Q, QuerySet, Subquery, Value
from django.utils.translation import gettext as _

from apps.datasets.choices import VersionState
from apps.datasets.models import Dataset, DatasetVersion, Erasure, LegalHold, Upload
from apps.datasets.selectors.ingestions import troubled_ingestions, visible_ingestions
from apps.datasets.selectors.making import naming
from apps.projects import selectors as projects
from foundation import access
from foundation.access import Permission
from foundation.clock import now
from foundation.errors import Conflict, NotFound
from foundation.identity import Actor
from foundation.lake.ports import TableAt
from foundation.web.chain import ChainNode, all_made_from

Row = TypeVar("Row")

# The states in which a version has rows that can be read.
WITH_ROWS = (VersionState.READY, VersionState.REVIEW)
# What is said of a dataset by its newest ready version, and by the last one begun: its field by ours.
_SAID_BY_NEWEST = {
    "latest_schema": "schema",
    "latest_id": "id",
    "latest_number": "number",
    "latest_rows": "row_count",
    "latest_digest": "digest",
    "latest_at": "committed_at",
}
_SAID_BY_LAST = {"last_id": "id", "last_state": "state"}


def visible_datasets(*, actor: Actor, project_id: UUID | None = None) -> QuerySet[Dataset]:
    """Datasets with what their newest ready version says (latest_…), and the state of the last one begun (last_…)."""
    rows = _datasets(actor, project_id)
    newest, last = _ready_first(OuterRef("pk")), _begun_last(OuterRef("pk"))
    said = {name: Subquery(newest.values(field)[:1]) for name, field in _SAID_BY_NEWEST.items()}
    return rows.annotate(**said, **{name: Subquery(last.values(field)[:1]) for name, field in _SAID_BY_LAST.items()})


def get_dataset(*, actor: Actor, dataset_id: UUID) -> Dataset:
    """One of them, with the same said of its versions.

    They are asked for when it was found: for Django it is more work to write eight questions into one than to ask it.
    """
    row = _found(_datasets(actor).filter(pk=dataset_id).first(), _("There is no such dataset here."))
    for rows, said in ((_ready_first(row.pk), _SAID_BY_NEWEST), (_begun_last(row.pk), _SAID_BY_LAST)):
        found = rows.values(*said.values()).first() or {}
        for name, field in said.items():
            setattr(row, name, found.get(field))
    return row


def _datasets(actor: Actor, project_id: UUID | None = None) -> QuerySet[Dataset]:
    rows = Dataset.objects.select_related("owner")
    return access.visible(rows, actor, Permission.DATASET_VIEW, project_id=project_id)


def _ready_first(dataset: Any) -> QuerySet[DatasetVersion]:
    return DatasetVersion.objects.filter(dataset=dataset, state=VersionState.READY).order_by("-number")


def _begun_last(dataset: Any) -> QuerySet[DatasetVersion]:
    return DatasetVersion.objects.filter(dataset=dataset).exclude(state=VersionState.UNCHANGED).order_by("-created_at")


def visible_versions(*, actor: Actor, dataset_id: UUID | None = None) -> QuerySet[DatasetVersion]:
    """Versions with their tags, and whether each is under legal hold today (`is_held`)."""
    # Where nothing new was found there is no version: its ingestion's page tells of it.
    rows = _versions(actor).exclude(state=VersionState.UNCHANGED)
    return rows.filter(dataset_id=dataset_id) if dataset_id else rows


def failed_versions(*, actor: Actor, by: UUID, since: datetime) -> QuerySet[Any]:
    """What a person brought in since then that came to nothing, until a version of that dataset came after it.

    What an ingestion brings is told of there.
    """
    rows = visible_versions(actor=actor).filter(state=VersionState.FAILED, ingestion=None)
    later = DatasetVersion.objects.filter(dataset_id=OuterRef("dataset_id"), created_at__gt=OuterRef("created_at"))
    done = later.filter(state__in=[VersionState.INGESTING, VersionState.REVIEW, VersionState.READY])
    return rows.filter(created_by_id=by, created_at__gte=since).exclude(Exists(done)).defer("first_profile")


def _versions(actor: Actor) -> QuerySet[DatasetVersion]:
    rows = DatasetVersion.objects.select_related("dataset", "created_by", "project", "ingestion")
    rows = access.visible(rows.prefetch_related("tags"), actor, Permission.DATASET_VIEW)
    holds = LegalHold.objects.filter(in_force(), dataset_id=OuterRef("dataset_id"))
    return rows.annotate(is_held=Exists(holds.filter(Q(version=None) | Q(version_id=OuterRef("pk")))))


def in_force() -> Q:
    """The condition on legal holds that hold today."""
    return Q(released_at=None) & (Q(until=None) | Q(until__gte=now().date()))


def get_version(*, actor: Actor, version_id: UUID) -> DatasetVersion:
    """Also one for which nothing new was found: whoever waits for it hears so."""
    found = _versions(actor).filter(pk=version_id).first()
    return _found(found, _("There is no such dataset version here."))


def tokenised_columns(dataset: Dataset) -> list[str]:
    """The columns whose values stand in the dataset as tokens, as its newest version has them."""
    newest = latest_ready(dataset)
    return [column["name"] for column in newest.schema if column.get("tokenised")] if newest else []


def tokenised_in(tenant_id: UUID, table: str) -> list[str]:
    """The columns that stand as tokens in a table of the lake, as the versions know that were cut out of it."""
    rows = DatasetVersion.objects.filter(tenant_id=tenant_id, lake_table=table)
    schemas = rows.filter(schema__contains=[{"tokenised": True}]).values_list("schema", flat=True)
    return sorted({column["name"] for schema in schemas for column in schema if column.get("tokenised")})


def latest_ready(dataset: Dataset) -> DatasetVersion | None:
    return dataset.versions.filter(state=VersionState.READY).order_by("-number").first()


def versions_made_from(*, actor: Actor, version_id: UUID) -> list[DatasetVersion]:
    """Versions that were made from this one by SQL or out of its quarantine, or have its rows again, newest first."""
    wanted = str(version_id)
    rows = naming(visible_versions(actor=actor), [version_id]).exclude(state=VersionState.DISCARDED)
    rows = rows.exclude(source__kind="erasure").defer("first_profile")
    return [version for version in rows if wanted in inputs_of(version)]


def inputs_of(version: DatasetVersion) -> set[str]:
    """The ids of the versions that this one was made of: by SQL, out of quarantine, or as an earlier one again."""
    source = version.source
    if source.get("kind") == "replay":
        return {pk for pk in (source["of"], source["rows_of"]) if pk}
    if source.get("kind") == "rollback":
        return {source["of"]}
    return set(source.get("inputs", {}).values())


def made_from(*, actor: Actor, version: DatasetVersion) -> list[ChainNode]:
    """Everything that was made from the version, directly or not, as far as the actor sees it."""
    return all_made_from(actor, "dataset_version", version.pk)


def visible_erasures(*, actor: Actor) -> QuerySet[Erasure]:
    """Erasures of people that were asked for, newest first; they say how much and never whom."""
    rows = Erasure.objects.select_related("project", "dataset", "created_by").prefetch_related("things")
    return access.visible(rows, actor, Permission.DATASET_DESTROY)


def erasable_projects(*, actor: Actor) -> QuerySet[Any]:
    """The projects, archived ones too, from which the actor may erase a person, by name."""
    rows = projects.visible_projects(actor=actor)
    return access.visible(rows, actor, Permission.DATASET_DESTROY, field="pk").order_by("name")


def get_erasure(*, actor: Actor, erasure_id: UUID) -> Erasure:
    rows = visible_erasures(actor=actor)
    return _found(rows.filter(pk=erasure_id).first(), _("There is no such erasure here."))


def upload_of(*, actor: Actor, version: DatasetVersion) -> Upload | None:
    """The file that a failed or cancelled version was read from, where it is still there to be read again."""
    rows = Upload.objects.filter(tenant_id=actor.tenant_id, pk=version.source.get("upload"), used_at=None)
    return rows.filter(created_by=actor.user).first()


def class_counts(schema: list[dict[str, Any]] | None) -> dict[str, int]:
    """How many columns are of each class; "" counts those that nobody has classified, "suspected" those to look at."""
    columns = schema or []
    counts = Counter(column.get("class", "") for column in columns)
    suspected = sum(bool(column.get("suspected")) and not column.get("class") for column in columns)
    return {**counts, "suspected": suspected}


def table_at(version: DatasetVersion) -> TableAt:
    """Where the rows of a version lie in the lake."""
    if version.state in {VersionState.DESTROYING, VersionState.DESTROYED}:
        sentence = _("%(version)s was destroyed: nobody can read its rows any more. Take another version.")
        raise Conflict(sentence % {"version": version})
    if version.state not in {VersionState.READY, VersionState.REVIEW} or version.lake_snapshot is None:
        raise Conflict(
            _("%(version)s has no rows to read: it is %(state)s.")
            % {"version": version, "state": VersionState(version.state).label}
        )
    return TableAt(version.lake_table, version.moved_snapshot or version.lake_snapshot)


def get_upload(*, actor: Actor, upload_id: UUID) -> Upload:
    # A program that nobody's account stands behind finds those that such a one began, and no person's.
    rows = Upload.objects.filter(tenant_id=actor.tenant_id, pk=upload_id, created_by=actor.user)
    upload = _found(rows.first(), _("There is no such upload, or it has expired. Start it anew."))
    access.require(actor, Permission.DATASET_CREATE, upload)
    return upload


def freshness(dataset: Dataset, *, now: datetime) -> str:
    """fresh, stale, unpromised or empty: the age of the newest version against the promise."""
    latest_at = getattr(dataset, "latest_at", None)
    if latest_at is None:
        return "empty"
    if dataset.freshness_promise is None:
        return "unpromised"
    return "fresh" if now - latest_at <= dataset.freshness_promise else "stale"


def summary(*, actor: Actor, project_id: UUID, now: datetime) -> dict[str, int]:
    """How many datasets there are, are stale or failed last, how many versions wait for review or are read in.

    And how many ingestions are set up, and of them how many somebody has to see to.
    """
    rows: QuerySet[Any] = visible_datasets(actor=actor, project_id=project_id)
    versions = visible_versions(actor=actor).filter(project_id=project_id)
    return {
        "failed": rows.filter(last_state=VersionState.FAILED).count(),
        "datasets": rows.count(),
        "stale": rows.filter(latest_at__lt=_before(now)).count(),
        "review": versions.filter(state=VersionState.REVIEW).count(),
        "ingesting": versions.filter(state=VersionState.INGESTING).count(),
        "ingestions": visible_ingestions(actor=actor, project_id=project_id).count(),
        "troubled": troubled_ingestions(actor=actor, project_id=project_id).count(),
    }


def _before(now: datetime) -> ExpressionWrapper[Any]:
    """The moment since which a version must have come for the promise to be kept."""
    return ExpressionWrapper(Value(now) - F("freshness_promise"), DateTimeField())


def project_slug(version: DatasetVersion) -> str:
    """The short name of the version's project, for addresses."""
    return version.project.slug


def _found(row: Row | None, sentence: str) -> Row:
    if row is None:
        raise NotFound(sentence)
    return row
