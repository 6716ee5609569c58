"""Files that are read as rows and never become a version: the app above takes one, reads it once, and lets it go."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

from django.utils.translation import gettext as _

from apps.datasets.choices import FileFormat
from apps.datasets.errors import FileRefused
from apps.datasets.models import Upload
from apps.datasets.selectors import get_upload
from apps.datasets.services.unpacking import unpacked
from apps.datasets.services.uploads import drop_chunks
from foundation import lake
from foundation.errors import Conflict
from foundation.figures import number
from foundation.identity import Actor
from foundation.lake.ports import Lake, TableAt

if TYPE_CHECKING:
    import pyarrow as pa


def lend_upload(*, actor: Actor, project_id: UUID, upload_id: UUID, most: int, now: datetime) -> Upload:
    """Take a complete upload of the project, of at most so many bytes; part of the transaction that wants its rows."""
    found = get_upload(actor=actor, upload_id=upload_id)
    upload = Upload.objects.select_for_update().get(pk=found.pk, project_id=project_id)
    if upload.completed_at is None:
        raise Conflict(_("The upload is not complete yet: send the rest, and complete it."))
    if upload.used_at is not None:
        raise Conflict(_("This upload was used already; send the file again."))
    if upload.size > most:
        sentence = _("The file has %(size)s MB; at most %(most)s MB can be joined at once. Make a dataset of it.")
        words = {"size": number(upload.size // 10**6), "most": number(most // 10**6)}
        raise FileRefused(sentence % words, fields={"upload": [sentence % words]})
    upload.used_at = now
    upload.save(update_fields=["used_at"])
    return upload


def write_lent(
    *, tables: Lake, table: str, upload: Upload, told: Callable[[int], None], texts: Collection[str] = ()
) -> TableAt:
    """Its rows in a table of the lake; FileRefused where it holds none, or several tables.

    A CSV tells no types: those of its columns that are among `texts` are texts, whatever they look like.
    """
    with unpacked(upload) as file:
        if file.format is FileFormat.FOLDER:
            raise FileRefused(_("“%(name)s” holds several tables; send one file.") % {"name": upload.filename})
        kind = cast(Any, file.format.value)
        options: dict[str, Any] = {"name": file.name}
        if texts and file.format is FileFormat.CSV:
            options["like"] = dict.fromkeys(texts, "text")
        return tables.write_from_file(table, file.path, kind, options, on_rows=told, coming=file.coming)


def glanced(*, upload: Upload, limit: int) -> pa.Table:
    """The first rows of a complete upload, which is as unused as before; FileRefused where it holds none."""
    if upload.completed_at is None:
        raise Conflict(_("The upload is not complete yet: send the rest, and complete it."))
    with unpacked(upload) as file:
        if file.format is FileFormat.FOLDER:
            raise FileRefused(_("“%(name)s” holds several tables; send one file.") % {"name": upload.filename})
        kind = cast(Any, file.format.value)
        return lake.sandbox.first_rows(file.path, kind, {"name": file.name}, limit=limit)


def lent(upload_id: UUID) -> Upload:
    """The upload of whoever has it lent; for the job that reads it."""
    return Upload.objects.get(pk=upload_id)


def let_lent_go(*, tenant_id: UUID, upload_id: UUID) -> None:
    """Nobody reads it any more: neither row nor bytes are kept."""
    drop_chunks(tenant_id, upload_id)
    Upload.objects.filter(tenant_id=tenant_id, pk=upload_id).delete()
