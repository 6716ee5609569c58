"""From a connection to rows in the lake, piece by piece: whoever is killed is followed by one who goes on.

What is read is fixed once (the pin), and each piece is written in one transaction of the lake that carries the piece's
number as its mark. So the lake itself says how far it came, and no piece is in it twice or missing.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import transaction

from apps.connections import selectors as connected
from apps.connections import services as connections
from apps.connections.services import Asked, File, Piece, Place, Source, Table
from apps.datasets import policies, selectors
from apps.datasets.choices import Mode, VersionState
from apps.datasets.events import PullStarted
from apps.datasets.models import Dataset, DatasetVersion
from apps.datasets.services.completing import complete, leave_unchanged
from apps.datasets.services.foldering import tables_in
from apps.datasets.services.growing import check_mode, fix_base, grows, reading_options, why_waits
from apps.datasets.services.ingestion import cancel_version, fail_version
from apps.datasets.services.options import checked_options
from apps.datasets.services.tokenising import as_before, tokenising, with_text
from apps.datasets.services.unpacking import opened
from foundation import jobs, lake, ledger, storage
from foundation.errors import Invalid
from foundation.figures import number, size_in_words
from foundation.identity import Actor
from foundation.jobs import JobHandle, JobSetAside
from foundation.jobs.choices import JobState
from foundation.lake import LakeUnavailable, MarkMoved
from foundation.words import kept as _

if TYPE_CHECKING:
    import pyarrow as pa

    from foundation.jobs.models import Job
    from foundation.lake import Lake, UserFile

PULL = "datasets.pull"
_READ, _WRITTEN = 5, 60  # per cent
_LOOKS_EVERY_S = 1.0


@transaction.atomic
def pull_version(
    *,
    actor: Actor,
    dataset: Dataset,
    connection_id: UUID,
    place: str,
    pattern: str = "",
    options: Mapping[str, Any] | None = None,
    review: bool = True,
    mode: str = Mode.FULL,
    key: Sequence[str] = (),
) -> DatasetVersion:
    """Begin a version of what lies at `place` behind a connection: a table, a folder (files of `pattern`), a file."""
    policies.check_can_add(actor, dataset)
    connection = connections.usable_connection(actor=actor, connection_id=connection_id, project_id=dataset.project_id)
    check_mode(actor, dataset, mode, key)
    place_said = {"place": place, "pattern": pattern, "options": checked_options(options)}
    return begin_pull(actor, dataset, connection, {**place_said, "mode": mode, "key": list(key)}, review=review)


def begin_pull(
    actor: Actor, dataset: Dataset, connection: Any, said: Mapping[str, Any], *, review: bool, ingestion_id: Any = None
) -> DatasetVersion:
    """The version that what `said` names becomes, with the job that reads it; part of the caller's transaction."""
    version = DatasetVersion.objects.create(
        tenant=actor.tenant,
        project_id=dataset.project_id,
        dataset=dataset,
        review=review,
        ingestion_id=ingestion_id,
        source={
            "kind": "connection",
            "connection": str(connection.pk),
            "name": connection.name,
            **said,
            "options": as_before(dataset, said["options"]),
            **selectors.sight_of(actor, dataset),
        },
        created_by=actor.user,
    )
    subject = ("dataset_version", version.pk)
    started = PullStarted(dataset_id=dataset.pk, version_id=version.pk, connection_id=connection.pk)
    ledger.record(started, actor=actor, project_id=version.project_id, subject=subject)
    jobs.enqueue(
        PULL,
        actor=actor,
        project_id=version.project_id,
        subject=subject,
        title=_("Reading %(place)s from %(connection)s") % {"place": said["place"], "connection": connection.name},
        version_id=str(version.pk),
        connection_id=str(connection.pk),
    )
    return version


def run_pull(*, job: JobHandle, version_id: UUID) -> None:
    """Read every piece that is not in the lake yet, then count back, digest and profile as for a file."""
    with job.scope():
        version = DatasetVersion.objects.get(pk=version_id)
        if version.state != VersionState.INGESTING:
            return
        connection = connected.get_connection(actor=job.actor, connection_id=UUID(version.source["connection"]))
    tables, table = tokenising(lake.for_tenant(version.tenant_id), version), version.own_table
    base = fix_base(job, version) if grows(version) else None
    options = with_text(reading_options(version.source["options"], base))
    with connections.source_of(connection) as source:
        pin = version.source.get("pin") or _pinned(job, version, source, tables, table)
        try:
            _write_pieces(job, version, source, pin, tables, table, options)
        except MarkMoved as moved:
            # An attempt that was believed dead put its piece in after all; the next one goes on behind that.
            raise LakeUnavailable(moved.sentence) from moved
    if not tables.exists(table) or not tables.count(tables.current(table)):
        if grows(version) and version.ingestion_id is not None:
            leave_unchanged(job, version)
            return
        raise Invalid(_("There are no rows in “%(place)s”.") % {"place": version.source["place"]})
    complete(job=job, version=version, tables=tables, at=tables.current(table), weigh=True)


def _pinned(job: JobHandle, version: DatasetVersion, source: Source, tables: Lake, table: str) -> str:
    """Say once what is read; a table that an attempt without a pin began holds nobody knows what."""
    job.progress(_("Looking what is there"), 2)
    tables.drop(table)
    asked = asked_of(version)
    pin = source.pin(_place(version), asked)
    with job.scope():
        row = DatasetVersion.objects.select_for_update(of=("self",)).get(pk=version.pk)
        row.source = {**row.source, "pin": pin, "reached": source.reached(asked, pin)}
        row.save(update_fields=["source"])
    return pin


def _write_pieces(
    job: JobHandle,
    version: DatasetVersion,
    source: Source,
    pin: str,
    tables: Lake,
    table: str,
    options: Mapping[str, Any],
) -> None:
    place, asked, mark = _place(version), asked_of(version), tables.mark_of(table)
    done = int(mark or -1)
    pieces = list(source.pieces(place, asked, pin))
    rows_before = tables.count(tables.current(table)) if done >= 0 else 0
    for nth, piece in enumerate(pieces):
        if piece.number <= done:
            continue
        share = _READ + (_WRITTEN - _READ) * nth / len(pieces)
        teller = _Teller(job, version, piece, rows_before, share)
        with source.read(place, asked, piece) as rows:
            if isinstance(rows, Table):
                tables.write(table, teller.counted(rows.batches), mode="append", mark=str(piece.number), after=mark)
                _keep_told(job, version, teller.bytes, rows.emptied)
            else:
                with storage.scratch("ingest") as folder:
                    files = _files(teller.weighed(rows), folder, options)
                    own, told = str(piece.number), teller.told
                    tables.write_from_files(table, files, mode="append", mark=own, after=mark, on_rows=told)
                _keep_told(job, version, teller.bytes, Counter())
        rows_before, mark = teller.rows, str(piece.number)


class _Teller:
    """Tells the page of rows as they come, and ends the reading once somebody cancelled."""

    def __init__(self, job: JobHandle, version: DatasetVersion, piece: Piece, before: int, share: float) -> None:
        self._job, self._version, self._piece, self._before, self._share = job, version, piece, before, share
        self.rows, self._looked = before, 0.0
        # What came in earlier pieces, by whichever attempt.
        self.bytes: int = version.source.get("bytes_read", 0)

    def told(self, rows: int) -> None:
        self.rows = self._before + rows
        self._job.raise_if_cancelled()
        self._stop_where_paused()
        words = {"rows": number(self.rows), "size": size_in_words(self.bytes), "piece": self._piece.says}
        self._job.progress(_("Writing rows: %(rows)s, read: %(size)s (%(piece)s)") % words, self._share)

    def weighed(self, files: Iterator[File]) -> Iterator[File]:
        for file in files:
            self.bytes += file.bytes
            yield file

    def _stop_where_paused(self) -> None:
        """The piece that is being read is read again when it goes on; those before it are in."""
        if time.monotonic() - self._looked < _LOOKS_EVERY_S:
            return
        self._looked = time.monotonic()
        with self._job.scope():
            if DatasetVersion.objects.filter(pk=self._version.pk, paused_at__isnull=False).exists():
                raise JobSetAside

    def counted(self, batches: pa.RecordBatchReader) -> pa.RecordBatchReader:
        import pyarrow as pa

        return pa.RecordBatchReader.from_batches(batches.schema, self._passed(batches))

    def _passed(self, batches: pa.RecordBatchReader) -> Iterator[pa.RecordBatch]:
        rows = 0
        for batch in batches:
            rows += batch.num_rows
            self.bytes += batch.nbytes
            self.told(rows)
            yield batch


def _files(files: Iterator[File], folder: Any, options: Mapping[str, Any]) -> Iterator[UserFile]:
    """Each file unpacked where it is an archive; the one before is gone."""
    for file in files:
        yield from tables_in(opened(file.path, file.name, folder), folder, options)


def _keep_told(job: JobHandle, version: DatasetVersion, bytes_read: int, emptied: Counter[str]) -> None:
    """How much was read so far, and how many values of which column came as missing since no type of the lake has them.

    It stands with the version: of a piece that is in the lake nobody reads again.
    """
    with job.scope():
        row = DatasetVersion.objects.select_for_update(of=("self",)).get(pk=version.pk)
        row.source = {**row.source, "bytes_read": bytes_read}
        if emptied:
            row.source["emptied"] = dict(Counter(row.source.get("emptied", {})) + emptied)
        row.save(update_fields=["source"])
        version.source = row.source


def asked_of(version: DatasetVersion) -> Asked:
    """What is wanted of the place: all of it, or what is new since and until somewhere."""
    said = version.source
    return Asked(
        cursor=said.get("cursor") or None,
        since=said.get("since") or None,
        until=said.get("until") or None,
        key=said.get("key", ()),
    )


def _place(version: DatasetVersion) -> Place:
    said = version.source
    return Place(said["place"], pattern=said["pattern"], options=with_text(said["options"]))


def reading_through(connection_id: UUID) -> list[str]:
    """The versions that are being read through a connection, by name."""
    rows = DatasetVersion.objects.filter(state=VersionState.INGESTING, source__connection=str(connection_id))
    return [str(version) for version in rows.select_related("dataset")]


@jobs.on_admission(PULL)
def _admission(job: Job, take: bool) -> str:
    """No more at a time than the connection allows; those that begin in the same moment ask one after the other."""
    waits = why_waits(DatasetVersion.objects.get(pk=job.arguments["version_id"]))
    if waits:
        return waits
    at_once = connections.at_once_of(UUID(job.arguments["connection_id"]), alone=take)
    begun = jobs.visible_jobs(actor=Actor.system(job.tenant, "pulling")).filter(name=PULL, state=JobState.RUNNING)
    running = begun.filter(arguments__connection_id=job.arguments["connection_id"]).count()
    if running < at_once:
        return ""
    return _("%(count)d ingestions read through this connection already; it allows no more at a time.") % {
        "count": running
    }


@jobs.on_failure(PULL)
def _pull_failed(job: Job, sentence: str, actor: Actor) -> None:
    fail_version(actor=actor, version_id=UUID(job.arguments["version_id"]), sentence=sentence)


@jobs.on_cancel(PULL)
def _pull_cancelled(job: Job, sentence: str, actor: Actor) -> None:
    cancel_version(actor=actor, version_id=UUID(job.arguments["version_id"]), sentence=sentence)
