"""From an uploaded file to rows in the lake, counted back, digested and profiled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from apps.datasets.choices import NEXT, FileFormat, VersionState
from apps.datasets.events import VersionCancelled, VersionFailed
from apps.datasets.models import DatasetVersion, Upload
from apps.datasets.services.completing import complete
from apps.datasets.services.foldering import tables_in
from apps.datasets.services.growing import fix_base, grows, let_go, reading_options
from apps.datasets.services.slimming import without_listings
from apps.datasets.services.tokenising import tokenising, with_text
from apps.datasets.services.unpacking import SourceFile, unpacked
from apps.datasets.services.uploads import drop_chunks
from apps.datasets.services.validation.forgetting import forget_what_is_half
from foundation import jobs, lake, ledger, states
from foundation.figures import number
from foundation.identity import Actor
from foundation.jobs import JobHandle
from foundation.lake.ports import Lake, TableAt
from foundation.words import words_of

if TYPE_CHECKING:
    from foundation.jobs.models import Job


def ingest_upload(*, job: JobHandle, version_id: UUID, upload_id: UUID) -> None:
    """Read the upload into a table of its own. Ringing twice is safe: a half-written table is dropped first.

    An attempt that fails leaves its table to the next one, or to the end of the version: it cannot know whether another
    worker has taken over and writes there already.
    """
    with job.scope():
        version = DatasetVersion.objects.get(pk=version_id)
        upload = Upload.objects.get(pk=upload_id)
    if version.state != VersionState.INGESTING:
        if version.lake_snapshot is not None:
            # The attempt that brought the rows in was killed before it could clear up.
            drop_chunks(upload.tenant_id, upload.pk)
        return
    tables, table = lake.for_tenant(version.tenant_id), version.own_table
    tables.drop(table)
    job.progress(_("Reading the file"), 5)
    base = fix_base(job, version) if grows(version) else None
    options = with_text(reading_options(version.source.get("options", {}), base))
    with unpacked(upload) as file:
        at = _write(tokenising(tables, version), table, file, options, job)
    complete(job=job, version=version, tables=tables, at=at)
    # Not before the rows are committed: until then another attempt may have to read the file again.
    drop_chunks(upload.tenant_id, upload.pk)


def _write(tables: Lake, table: str, file: SourceFile, options: dict[str, Any], job: JobHandle) -> TableAt:
    files = 0

    def counted(read: int) -> None:
        nonlocal files
        files = read

    def told(rows: int) -> None:
        job.raise_if_cancelled()
        words = {"rows": number(rows), "files": number(files)}
        says = _("Writing rows: %(rows)s, from %(files)s files") if files else _("Writing rows: %(rows)s")
        job.progress(says % words, None)

    if file.format is FileFormat.FOLDER:
        return tables.write_from_files(table, tables_in(file, file.path.parent, options, counted), on_rows=told)
    said = {**options, "name": file.name}
    kind = cast(Any, file.format.value)
    return tables.write_from_file(table, file.path, kind, said, on_rows=told, coming=file.coming)


@transaction.atomic
def fail_version(*, actor: Actor, version_id: UUID, sentence: str) -> None:
    """End the version as failed; one that has ended stays as it is."""
    version = _end_unmade(version_id, VersionState.FAILED, sentence)
    if version is not None:
        _record(VersionFailed(dataset_id=version.dataset_id, version_id=version.pk), actor, version)


@transaction.atomic
def cancel_version(*, actor: Actor, version_id: UUID, sentence: str) -> None:
    """End the version as cancelled by the actor; one that has ended stays as it is."""
    version = _end_unmade(version_id, VersionState.CANCELLED, sentence)
    if version is not None:
        _record(VersionCancelled(dataset_id=version.dataset_id, version_id=version.pk), actor, version)


def _end_unmade(version_id: UUID, state: VersionState, sentence: str) -> DatasetVersion | None:
    """Leave nothing half-made: the version's table goes, the last good version stays."""
    version = DatasetVersion.objects.select_for_update().get(pk=version_id)
    if version.state != VersionState.INGESTING:
        return None
    states.move(version, state, NEXT)
    version.failure, version.failure_words = sentence, words_of(sentence)
    version.source = without_listings(version.source)
    version.save(update_fields=["state", "failure", "failure_words", "source"])
    let_go(version)
    forget_what_is_half(version)
    # The file may be read again with other options; if nobody does, it is forgotten like any abandoned upload.
    Upload.objects.filter(pk=version.source.get("upload")).update(used_at=None)
    return version


def _record(event: ledger.Event, actor: Actor, version: DatasetVersion) -> None:
    ledger.record(event, actor=actor, project_id=version.project_id, subject=("dataset_version", version.pk))


@jobs.on_failure("datasets.derive")
@jobs.on_failure("datasets.ingest")
def _making_failed(job: Job, sentence: str, actor: Actor) -> None:
    fail_version(actor=actor, version_id=UUID(job.arguments["version_id"]), sentence=sentence)


@jobs.on_cancel("datasets.derive")
@jobs.on_cancel("datasets.ingest")
def _making_cancelled(job: Job, sentence: str, actor: Actor) -> None:
    cancel_version(actor=actor, version_id=UUID(job.arguments["version_id"]), sentence=sentence)
