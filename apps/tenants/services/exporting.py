"""An archive of everything that a tenant brought: one ZIP, made by a job in bounded memory, fetched for some days.

Each room writes its own part; see `register_export`. The archive's first file says what is where, and its last, the
manifest, the SHA-256 of every file. It is sealed like all objects of the tenant, and clear only on its way out.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, BinaryIO
from uuid import UUID

from django.core.serializers.json import DjangoJSONEncoder
from django.db import IntegrityError, models, transaction
from django.utils.translation import gettext as _

from apps.tenants import policies
from apps.tenants.choices import EXPORT_KEPT, EXPORT_NEXT, ExportState, ThingKind
from apps.tenants.events import TenantExported, TenantExportErased, TenantExportFetched
from apps.tenants.models import TenantExport
from apps.tenants.services.quotas import check_storage, reserve_storage
from apps.tenants.services.usage import Metered, end_usage, keep_measured
from foundation import access, jobs, ledger, states, storage, tenancy
from foundation.clock import database_now
from foundation.errors import Conflict, OverQuota
from foundation.identity import Actor
from foundation.jobs import JobHandle
from foundation.tenancy.models import Tenant

if TYPE_CHECKING:
    from foundation.jobs.models import Job

EXPORT = "tenants.export_tenant"
_PIECE = 1024 * 1024
# A file of the archive: its path, and its content in pieces.
File = tuple[str, Iterable[bytes]]
Part = Callable[[Actor], Iterator[File]]
_parts: dict[str, Part] = {}

README = """This archive holds everything that the organisation “{slug}” brought to this portal, as of {at}.

  tenant/       the organisation, its members, groups, roles, settings and usage; without secrets
  projects.json the projects
  connections/  the connections, without their secrets
  datasets/     every version of every dataset as Parquet, with what is known of it
  features/     feature views, on-demand features, services and training sets, as they were defined
  runs/         the runs with parameters and metrics, a JSON object a line
  models/       every version of every model in MLflow's layout, with its card and signature
  ledger/       the ledger as JSON lines, with the keys and the program that verify it:
                python sanad_verify.py ledger.jsonl --key key.pem --anchor anchor.jsonl
  manifest.json the SHA-256 and size of every file

What lies in the bin is here too; tenant/bin.json names it.
"""


def register_export(room: str, part: Part) -> None:
    """What a room gives: paths under a folder of its own, each with its content in pieces, read one after the other.

    It is called outside any transaction, with the administrator who asked, and opens the tenant's scope for as long as
    it reads rows: an archive may take hours.
    """
    _parts[room] = part


@transaction.atomic
def ask_for_export(*, actor: Actor) -> TenantExport:
    policies.check_can_leave(actor)
    access.require_fresh(actor)
    check_storage(tenant_id=actor.tenant_id, project_id=None, more=1, reader=actor)
    row = TenantExport(tenant=actor.tenant, asked_by=actor.user, asked_at=database_now())
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        raise Conflict(_("An archive is being made already; it is shown on this page when it is ready.")) from error
    title = _("Archive of the organisation")
    jobs.enqueue(EXPORT, actor=actor, title=title, subject=("tenant_export", row.pk), export_id=str(row.pk))
    return row


def export_tenant(*, job: JobHandle, export_id: UUID) -> None:
    """Write the archive beside, seal it, and say that it can be fetched; what broke off is begun anew."""
    with job.scope():
        row = TenantExport.objects.get(pk=export_id)
    if row.state != ExportState.MAKING:
        return
    with storage.scratch("export") as folder, (folder / "archive.zip").open("w+b") as file:
        _write(job, file)
        size = file.seek(0, 2)
        file.seek(0)
        with job.scope():
            check_storage(tenant_id=job.tenant_id, project_id=None, more=size, reader=job.actor)
        job.progress(_("Sealing the archive"), 95)
        stored = storage.put(job.tenant_id, row.object_key, file)
    try:
        with job.scope():
            _keep(job.actor, row.pk, size, stored.sha256)
    except OverQuota:
        storage.delete(job.tenant_id, row.object_key)
        raise


def _keep(actor: Actor, export_id: UUID, size: int, sha256: str) -> None:
    """From here on it can be fetched, and counts; OverQuota where something else took the room meanwhile."""
    with transaction.atomic():
        reserve_storage(tenant_id=actor.tenant_id, project_id=None, more=size, reader=actor)
        row = TenantExport.objects.select_for_update().get(pk=export_id)
        states.move(row, ExportState.READY, EXPORT_NEXT)
        row.byte_count, row.sha256, row.made_at = size, sha256, database_now()
        row.expires_at = row.made_at + EXPORT_KEPT
        row.save()
        keep_measured(_metered(row), at=row.made_at)
        made = TenantExported(export_id=row.pk, sha256=sha256, byte_count=size)
        ledger.record(made, actor=actor, subject=("tenant_export", row.pk))


@jobs.on_failure(EXPORT)
@jobs.on_cancel(EXPORT)
def _export_ended(job: Job, sentence: str, actor: Actor) -> None:
    """A new archive can be asked for; this one says why it is not there."""
    row = TenantExport.objects.select_for_update().filter(pk=UUID(job.arguments["export_id"])).first()
    if row is not None and row.state == ExportState.MAKING:
        states.move(row, ExportState.FAILED, EXPORT_NEXT)
        row.failure = sentence
        row.save(update_fields=["state", "failure"])


def fetch_export(*, actor: Actor, export: TenantExport) -> Iterator[bytes]:
    """The archive, piece by piece."""
    policies.check_can_leave(actor)
    access.require_fresh(actor)
    if export.state != ExportState.READY or export.expires_at is None or export.expires_at <= database_now():
        raise Conflict(_("This archive is not there (any more); ask for a new one."))
    ledger.record(TenantExportFetched(export_id=export.pk), actor=actor, subject=("tenant_export", export.pk))
    return _pieces(storage.open(export.tenant_id, export.object_key))


def forget_exports() -> int:
    """Remove archives whose days are over, in every tenant."""

    def forget(tenant: Tenant) -> int:
        over = list(TenantExport.objects.filter(tenant=tenant, expires_at__lte=database_now()).order_by("pk"))
        return _forget(over)

    return tenancy.in_each(forget)


def archives_kept(*, tenant_id: UUID) -> int:
    """How many archives of the tenant lie ready; in its scope."""
    return TenantExport.objects.filter(tenant_id=tenant_id, state=ExportState.READY).count()


def is_archive_being_made(*, tenant_id: UUID) -> bool:
    """Whether an archive is being written just now; in the tenant's scope."""
    return TenantExport.objects.filter(tenant_id=tenant_id, state=ExportState.MAKING).exists()


def forget_archives(*, actor: Actor) -> int:
    """Destroy every archive of the actor's tenant that lies ready: it holds a person or a project that goes.

    In the tenant's scope; how many there were. Until its days are over, each is still listed, as what it was.
    """
    rows = list(TenantExport.objects.filter(tenant_id=actor.tenant_id, state=ExportState.READY).order_by("pk"))
    for row in rows:
        _destroy(row)
        states.move(row, ExportState.ERASED, EXPORT_NEXT)
        row.save(update_fields=["state"])
        erased = TenantExportErased(export_id=row.pk, sha256=row.sha256)
        ledger.record(erased, actor=actor, subject=("tenant_export", row.pk))
    return len(rows)


def archives_measured(tenant: Tenant) -> Iterator[Metered]:
    """Each archive that lies ready, with its bytes."""
    return map(_metered, TenantExport.objects.filter(tenant=tenant, state=ExportState.READY).order_by("pk"))


def _forget(rows: Collection[TenantExport]) -> int:
    for row in rows:
        _destroy(row)
        row.delete()
    return len(rows)


def _destroy(row: TenantExport) -> None:
    storage.delete(row.tenant_id, row.object_key)
    end_usage(tenant_id=row.tenant_id, subject_id=row.pk, at=database_now())


def _metered(row: TenantExport) -> Metered:
    """It is of the whole tenant, and so of no project."""
    return Metered(
        tenant_id=row.tenant_id,
        project_id=None,
        person_id=row.asked_by_id,
        kind=ThingKind.ARCHIVE,
        thing_id=row.pk,
        subject_id=row.pk,
        byte_count=row.byte_count or 0,
    )


def fields_of(row: models.Model, *, leave_out: Iterable[str] = ()) -> dict[str, Any]:
    """The fields of a row, by name: every plain column, none that holds bytes, and none that is left out."""
    hidden = {*leave_out, "tenant_id"}
    fields = [field for field in row._meta.concrete_fields if not isinstance(field, models.BinaryField)]
    return {field.attname: getattr(row, field.attname) for field in fields if field.attname not in hidden}


def as_json(words: Any) -> list[bytes]:
    """One file of JSON, readable by people too."""
    return [json.dumps(words, cls=DjangoJSONEncoder, ensure_ascii=False, indent=2).encode() + b"\n"]


def in_scope_of(actor: Actor) -> AbstractContextManager[None]:
    """The scope in which a part reads its rows."""
    return tenancy.scope(actor.tenant_id, user_id=actor.user.pk if actor.user else None)


def as_lines(rows: Iterable[Any]) -> Iterator[bytes]:
    """JSON lines, written while the rows are read."""
    for row in rows:
        yield json.dumps(row, cls=DjangoJSONEncoder, ensure_ascii=False).encode() + b"\n"


def _write(job: JobHandle, file: BinaryIO) -> None:
    manifest: list[dict[str, Any]] = []
    with zipfile.ZipFile(file, "w", compression=zipfile.ZIP_STORED, allowZip64=True) as archive:
        words = README.format(slug=job.actor.tenant.slug, at=f"{database_now():%Y-%m-%d %H:%M} UTC")
        _add(archive, manifest, "README.txt", [words.encode()])
        for done, (room, part) in enumerate(sorted(_parts.items())):
            job.progress(_("Writing %(room)s") % {"room": room}, 90 * done / len(_parts))
            for path, content in part(job.actor):
                job.raise_if_cancelled()
                _add(archive, manifest, path, content)
        _add(archive, [], "manifest.json", as_json(manifest))


def _add(archive: zipfile.ZipFile, manifest: list[dict[str, Any]], path: str, content: Iterable[bytes]) -> None:
    digest, size = hashlib.sha256(), 0
    with archive.open(zipfile.ZipInfo(path), "w", force_zip64=True) as entry:
        for piece in content:
            entry.write(piece)
            digest.update(piece)
            size += len(piece)
    manifest.append({"path": path, "sha256": digest.hexdigest(), "bytes": size})


def _pieces(stream: BinaryIO) -> Iterator[bytes]:
    with stream:
        while piece := stream.read(_PIECE):
            yield piece
