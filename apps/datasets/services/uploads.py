"""Files come in by chunks that can be taken up again after a reload or a lost line."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, BinaryIO
from uuid import UUID

from django.db import transaction
from django.db.models import CharField, Exists, OuterRef, Q
from django.db.models.fields.json import KT
from django.db.models.functions import Cast
from django.utils.translation import gettext as _

from apps.datasets import policies
from apps.datasets.choices import ACCEPTED_ENDINGS, VersionState
from apps.datasets.errors import FileRefused, UploadOffsetWrong
from apps.datasets.models import DatasetVersion, Upload
from apps.datasets.selectors import get_upload
from apps.tenants import services as tenants
from foundation import storage
from foundation.errors import Conflict, Invalid, PortalError
from foundation.identity import Actor
from foundation.storage import ObjectMissing
from foundation.tenancy import in_each
from foundation.tenancy.models import Tenant

if TYPE_CHECKING:
    from apps.projects.models import Project

CHUNK_BYTES = 8 * 1024 * 1024
_PIECE = 1024 * 1024
# So many chunks may be of any size; each is a row of a list that is written anew with the next, so that a gigabyte sent
# byte by byte would be written a thousand million times.
_SMALL_CHUNKS, _LEAST_BYTES = 1_000, 4 * 1024 * 1024
MAX_UPLOAD_BYTES = 100 * 1024**3
_ABANDONED_AFTER = timedelta(hours=48)
_HOME = "uploads"


@transaction.atomic
def start_upload(*, actor: Actor, project: Project, filename: str, size: int, sha256: str = "") -> Upload:
    """Announce a file; the answer says where to go on.

    Whoever announces the same bytes again, by name and SHA-256, goes on with what is here of them: nothing is sent or
    stored twice, also where the process that began it is gone.
    """
    upload = _announced(actor, project, filename, size, sha256)
    if (begun := _begun(upload)) is not None:
        return begun
    tenants.reserve_storage(tenant_id=actor.tenant_id, project_id=project.pk, more=size, reader=actor)
    upload.save(force_insert=True)
    return upload


def _begun(upload: Upload) -> Upload | None:
    """The same upload of the same person, as far as it came, until a version is made of it."""
    if not upload.expected_sha256 or upload.created_by is None:
        return None
    same = {name: getattr(upload, name) for name in ("project_id", "created_by", "filename", "size", "expected_sha256")}
    found = Upload.objects.select_for_update().filter(**same, used_at=None).order_by("-created_at").first()
    if found is None or found.completed_at is not None or found.offset < found.size or _is_sound(found):
        return found
    # Nobody can go on with it: other bytes came than were announced.
    transaction.on_commit(partial(drop_chunks, found.tenant_id, found.pk))
    found.delete()
    return None


def _is_sound(upload: Upload) -> bool:
    try:
        return _digest_of(upload) == upload.expected_sha256
    except Conflict:
        return False


def _digest_of(upload: Upload) -> str:
    """SHA-256 over all bytes; they are read once for it, however often somebody asks, also where that was refused.

    So it is kept beside the chunks and not in the row, which a refused request leaves as it was; its name is theirs.
    """
    key = f"{home_of(upload.pk)}/whole-{hashlib.sha256(json.dumps(upload.chunks).encode()).hexdigest()}"
    try:
        return storage.read(upload.tenant_id, key).decode()
    except ObjectMissing:
        digest = hashlib.sha256()
    for piece in read_chunks(upload):
        digest.update(piece)
    storage.put(upload.tenant_id, key, digest.hexdigest().encode())
    return digest.hexdigest()


def _announced(actor: Actor, project: Project, filename: str, size: int, sha256: str = "") -> Upload:
    """A row that is not written yet, of a file that may come in."""
    policies.check_can_add(actor, project)
    name = PurePath(filename.replace("\\", "/")).name[:255]
    if not name.lower().endswith(ACCEPTED_ENDINGS):
        raise FileRefused(
            _("“%(name)s” is not of a kind that can become a table. Send one of: %(endings)s.")
            % {"name": name, "endings": ", ".join(ACCEPTED_ENDINGS)},
            fields={"filename": [_("Unknown kind of file.")]},
        )
    if size <= 0:
        raise FileRefused(_("“%(name)s” is empty: it has 0 bytes.") % {"name": name}, fields={"size": [_("0 bytes.")]})
    if size > MAX_UPLOAD_BYTES:
        raise FileRefused(_("“%(name)s” is larger than the 100 GB that one upload may have.") % {"name": name})
    return Upload(
        tenant=actor.tenant,
        project_id=project.pk,
        filename=name,
        size=size,
        expected_sha256=sha256.lower(),
        created_by=actor.user,
    )


@transaction.atomic
def append_chunk(*, actor: Actor, upload_id: UUID, offset: int, data: bytes) -> Upload:
    """Store the bytes that begin at `offset`; a chunk that was stored already is accepted again and changes nothing."""
    upload = Upload.objects.select_for_update().get(pk=get_upload(actor=actor, upload_id=upload_id).pk)
    if upload.completed_at is not None:
        raise Conflict(_("This upload is complete; nothing can be added to it."))
    if not data or len(data) > CHUNK_BYTES:
        raise Invalid(_("A chunk has between 1 byte and %(limit)d bytes.") % {"limit": CHUNK_BYTES})
    digest = hashlib.sha256(data).hexdigest()
    if [offset, len(data), digest] in upload.chunks:
        return upload
    if offset != upload.offset:
        raise UploadOffsetWrong(
            _("The upload stands at byte %(offset)d; go on from there.") % {"offset": upload.offset},
            details={"offset": upload.offset},
        )
    if len(upload.chunks) >= _SMALL_CHUNKS and len(data) < min(_LEAST_BYTES, upload.size - offset):
        sentence = _("This upload has come in %(count)d pieces already. Send at least %(least)d bytes at once.")
        raise Invalid(sentence % {"count": len(upload.chunks), "least": _LEAST_BYTES})
    if offset + len(data) > upload.size:
        raise Invalid(_("More bytes came than the %(size)d that were announced.") % {"size": upload.size})
    _keep(upload, data, digest)
    upload.save(update_fields=["chunks", "offset"])
    return upload


def _keep(upload: Upload, data: bytes, digest: str) -> None:
    storage.put(upload.tenant_id, chunk_key(upload, upload.offset, digest), data)
    upload.chunks.append([upload.offset, len(data), digest])
    upload.offset += len(data)


@transaction.atomic
def complete_upload(*, actor: Actor, upload_id: UUID, now: datetime) -> Upload:
    """Close the upload: all bytes are there, and they are the ones that were announced."""
    upload = Upload.objects.select_for_update().get(pk=get_upload(actor=actor, upload_id=upload_id).pk)
    if upload.completed_at is not None:
        return upload
    if upload.offset != upload.size:
        raise UploadOffsetWrong(
            _("%(there)d of %(size)d bytes are here; go on from byte %(there)d.")
            % {"there": upload.offset, "size": upload.size},
            details={"offset": upload.offset},
        )
    upload.sha256 = _digest_of(upload)
    if upload.expected_sha256 and upload.expected_sha256 != upload.sha256:
        raise Conflict(
            _("The bytes that arrived are not those that were announced: their SHA-256 differs. Upload again.")
        )
    # The quota may have been lowered since the file was announced.
    size, where = upload.size, {"tenant_id": upload.tenant_id, "project_id": upload.project_id}
    tenants.reserve_storage(**where, more=size, counted=size, reader=actor)
    upload.completed_at = now
    upload.save(update_fields=["sha256", "completed_at"])
    return upload


def take_file(*, actor: Actor, project: Project, file: BinaryIO, filename: str, size: int, now: datetime) -> Upload:
    """A whole file that a plain form sent, stored as an upload is.

    It is stored before its place in the quota is reserved: that holds up every other file of the tenant until the
    caller's transaction ends.
    """
    where: dict[str, Any] = {"tenant_id": actor.tenant_id, "project_id": project.pk}
    upload, whole = _announced(actor, project, filename, size), hashlib.sha256()
    tenants.check_storage(**where, more=size, reader=actor)
    try:
        while data := file.read(CHUNK_BYTES):
            whole.update(data)
            _keep(upload, data, hashlib.sha256(data).hexdigest())
        if upload.offset != size:
            words = {"there": upload.offset, "size": size}
            raise Conflict(_("%(there)d bytes came where %(size)d were announced. Send the file again.") % words)
        tenants.reserve_storage(**where, more=size, reader=actor)
    except PortalError:
        drop_chunks(upload.tenant_id, upload.pk)
        raise
    upload.sha256, upload.completed_at = whole.hexdigest(), now
    upload.save(force_insert=True)
    return upload


@transaction.atomic
def cancel_upload(*, actor: Actor, upload_id: UUID) -> None:
    """Take back a file that is not wanted any more; nothing of it is kept."""
    upload = Upload.objects.select_for_update().get(pk=get_upload(actor=actor, upload_id=upload_id).pk)
    if upload.used_at is not None:
        raise Conflict(_("“%(file)s” has become a version; it is not cancelled here.") % {"file": upload.filename})
    transaction.on_commit(partial(drop_chunks, upload.tenant_id, upload.pk))
    upload.delete()


def read_chunks(upload: Upload) -> Iterator[bytes]:
    """The file's bytes, a little at a time, each of them what it was when it came."""
    for offset, length, digest in upload.chunks:
        there = 0
        for piece in _chunk(upload, offset, digest):
            there += len(piece)
            yield piece
        if there != length:
            raise _damaged(offset)


def _chunk(upload: Upload, offset: int, digest: str) -> Iterator[bytes]:
    try:
        # A seal opens under the name it was made for alone, and the name holds the digest of what was sealed.
        stream = storage.open(upload.tenant_id, chunk_key(upload, offset, digest))
    except ObjectMissing:
        # Chunks of earlier releases are named by their place alone.
        data = storage.read(upload.tenant_id, f"{home_of(upload.pk)}/{offset:015d}")
        if hashlib.sha256(data).hexdigest() != digest:
            raise _damaged(offset) from None
        yield data
        return
    with stream:
        while piece := stream.read(_PIECE):
            yield piece


def _damaged(offset: int) -> Conflict:
    sentence = _("The stored upload was damaged at byte %(offset)d. Upload the file again.")
    return Conflict(sentence % {"offset": offset})


def drop_chunks(tenant_id: UUID, upload_id: UUID) -> None:
    """Remove the file's bytes, also those of a chunk whose request was rolled back."""
    for key in storage.list(tenant_id, f"{home_of(upload_id)}/"):
        storage.delete(tenant_id, key)


def forget_abandoned_uploads(*, now: datetime) -> None:
    """Remove uploads that nobody finished or used within two days, and bytes of that age that nothing asks for."""

    def forget(tenant: Tenant) -> None:
        rows = Upload.objects.filter(used_at=None, created_at__lt=now - _ABANDONED_AFTER)
        for upload in rows.select_for_update(skip_locked=True):
            drop_chunks(tenant.pk, upload.pk)
            upload.delete()
        for key in _left_chunks(tenant.pk, before=now - _ABANDONED_AFTER):
            storage.delete(tenant.pk, key)

    in_each(forget)


def _left_chunks(tenant_id: UUID, *, before: datetime) -> list[str]:
    """Old bytes of files that were rolled back, or that are in the lake but whose worker was killed over it."""
    keys = storage.list(tenant_id, f"{_HOME}/", before=before)
    versions = DatasetVersion.objects.annotate(file=KT("source__upload"))
    read_in = versions.filter(state=VersionState.INGESTING, file=Cast(OuterRef("pk"), CharField()))
    # One question: between two of them a file could pass from one answer to the other.
    wanted = Upload.objects.filter(Q(used_at=None) | Exists(read_in)).values_list("pk", flat=True)
    homes = set(map(home_of, wanted))
    return [key for key in keys if key.rpartition("/")[0] not in homes]


def chunk_key(upload: Upload, offset: int, digest: str) -> str:
    return f"{home_of(upload.pk)}/{offset:015d}-{digest}"


def home_of(upload_id: UUID) -> str:
    """Under which all chunks of the file lie."""
    return f"{_HOME}/{upload_id.hex}"
