"""The first rows of what lies behind a connection, before anything is read in."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

from django.utils.translation import gettext as _

from apps.connections import services as connections
from apps.connections.services import Asked, File, Place, Source
from apps.datasets import policies, selectors
from apps.datasets.choices import READ_WHOLE
from apps.datasets.errors import FileRefused
from apps.datasets.services.foldering import tables_in
from apps.datasets.services.options import checked_options
from apps.datasets.services.unpacking import SourceFile, opened
from foundation import lake, storage
from foundation.identity import Actor

if TYPE_CHECKING:
    import pyarrow as pa

    from apps.projects.models import Project

ROWS = 50
# Of a file, to look at it; a Parquet file's columns stand at its end, so a larger one has to be read in.
_HEAD = 8 << 20


def sample_of(
    *,
    actor: Actor,
    project: Project,
    connection_id: UUID,
    place: str,
    pattern: str = "",
    options: Mapping[str, Any] | None = None,
) -> pa.Table:
    """At most 50 rows of a table, or of the first file; nothing of them is kept.

    Whoever sees masks sees the columns alone, each value hidden: nobody has looked at them yet.
    """
    policies.check_can_add(actor, project)
    connection = connections.usable_connection(actor=actor, connection_id=connection_id, project_id=project.pk)
    with connections.source_of(connection) as source:
        where = Place(place, pattern=pattern, options=checked_options(options))
        found = source.describe(where)
        rows = found.sample
        if rows is None:
            rows = _first_rows(source, where, found.pin, dict(where.options))
    return rows if selectors.may_see_clear(actor, project) else selectors.hidden_rows(rows)


def _first_rows(source: Source, place: Place, pin: str, options: dict[str, Any]) -> pa.Table:
    asked = Asked(head=_HEAD)
    [piece] = islice(source.pieces(place, asked, pin), 1)
    with source.read(place, asked, piece) as files, storage.scratch("look") as folder:
        # A source that gives no sample gives files.
        first = next(tables_in(_readable(next(cast("Iterator[File]", files)), folder), folder, options))
        told = {**first.options, "name": first.name}
        return lake.sandbox.first_rows(first.path, first.format, told, limit=ROWS)


def _readable(file: File, folder: Path) -> SourceFile:
    """The file, or as many of its lines as were taken."""
    if not file.cut:
        return opened(file.path, file.name, folder)
    path, name = file.path, file.name
    if name.lower().endswith(".gz"):
        path, name = _inflated(path, folder), name[: -len(".gz")]
    found = opened(path, name, folder) if not name.lower().endswith(".zip") else None
    if found is None or found.format in READ_WHOLE:
        sentence = _("“%(file)s” is too large to be looked into before it is read in.")
        raise FileRefused(sentence % {"file": file.name})
    head = path.read_bytes()
    if not (upto := head.rfind(b"\n") + 1):
        sentence = _("The first line of “%(file)s” is longer than %(size)s: read it in to see where its rows end.")
        raise FileRefused(sentence % {"file": file.name, "size": "8 MiB"})
    target = folder / "head"
    target.write_bytes(head[:upto])
    return SourceFile(target, found.format, file.name)


def _inflated(path: Path, folder: Path) -> Path:
    """What a cut gzip unpacks to, as far as it goes and no further than is looked at."""
    target = folder / "inflated"
    try:
        target.write_bytes(zlib.decompressobj(wbits=31).decompress(path.read_bytes(), _HEAD))
    except zlib.error as error:
        raise FileRefused(_("“%(name)s” is not a gzip that can be opened.") % {"name": path.name}) from error
    return target
