"""What the making of versions took before: jobs that succeeded at their first attempt, with what they made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import OuterRef, QuerySet, Subquery

from apps.datasets.choices import Mode, VersionState
from apps.datasets.models import Dataset, DatasetVersion, Ingestion, Transformation, TransformationPass, Upload
from apps.datasets.selectors.reading import visible_versions
from foundation import jobs
from foundation.identity import Actor
from foundation.jobs.choices import JobState

_NEWEST = 20


@dataclass(frozen=True)
class Made:
    """One version: the seconds of its job, its rows, the bytes it added, and those of its file (0: no file).

    `grew` says that its rows are those before with those that came.
    """

    seconds: float
    row_count: int
    byte_count: int
    file_bytes: int = 0
    grew: bool = False


def made_by_ingestion(*, actor: Actor, ingestion: Ingestion) -> list[Made]:
    return _made(actor, visible_versions(actor=actor).filter(ingestion=ingestion), "datasets.pull")


def made_of_place(*, actor: Actor, project_id: UUID, connection_id: UUID, place: str) -> list[Made]:
    """Of what lies at one place behind a connection, by whichever ingestion or hand it was read."""
    said = {"source__kind": "connection", "source__connection": str(connection_id), "source__place": place}
    return _made(actor, visible_versions(actor=actor).filter(**said, project_id=project_id), "datasets.pull")


def made_by_transformation(*, actor: Actor, transformation: Transformation) -> list[Made]:
    made = TransformationPass.objects.filter(transformation=transformation, version__isnull=False)
    rows = visible_versions(actor=actor).filter(pk__in=made.values("version_id"))
    return _made(actor, rows, "datasets.transform")


def made_by_sql(*, actor: Actor, project_id: UUID, sql: str) -> list[Made]:
    """By the same SQL, derived by hand before."""
    rows = visible_versions(actor=actor).filter(source__kind="sql", source__sql=sql, project_id=project_id)
    return _made(actor, rows, "datasets.derive")


def made_of_files(*, actor: Actor, project_id: UUID, dataset: Dataset | None = None) -> list[Made]:
    """Of files that were sent: into one dataset, or anywhere in one project."""
    rows = visible_versions(actor=actor).filter(source__kind="upload", project_id=project_id)
    return _made(actor, rows.filter(dataset=dataset) if dataset else rows, "datasets.ingest")


def _made(actor: Actor, rows: QuerySet[DatasetVersion], name: str) -> list[Made]:
    """The newest; one that had to be tried twice says nothing of how long it takes."""
    work = jobs.visible_jobs(actor=actor).filter(
        name=name,
        subject_kind="dataset_version",
        subject_id=OuterRef("pk"),
        state=JobState.SUCCEEDED,
        attempt=1,
    )
    rows = rows.filter(state__in=(VersionState.READY, VersionState.REVIEW)).annotate(
        began=Subquery(work.values("started_at")[:1]), ended=Subquery(work.values("finished_at")[:1])
    )
    rows = rows.filter(began__isnull=False, ended__isnull=False).order_by("-created_at")
    newest = list(rows.values("began", "ended", "row_count", "byte_count", "source")[:_NEWEST])
    sizes = _file_sizes(actor, [row["source"].get("upload", "") for row in newest])
    return [
        Made(
            (row["ended"] - row["began"]).total_seconds(),
            row["row_count"] or 0,
            row["byte_count"] or 0,
            sizes.get(row["source"].get("upload", ""), 0),
            row["source"].get("mode", Mode.FULL) != Mode.FULL,
        )
        for row in newest
    ]


def _file_sizes(actor: Actor, uploads: Sequence[str]) -> dict[str, int]:
    rows = Upload.objects.filter(tenant_id=actor.tenant_id, pk__in=[pk for pk in uploads if pk])
    return {str(pk): size for pk, size in rows.values_list("pk", "size")}
