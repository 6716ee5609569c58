"""A version's rows on their way out, made while they are read, in bounded memory."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from apps.datasets import policies
from apps.datasets.choices import ExportFormat
from apps.datasets.models import DatasetVersion
from apps.datasets.selectors import masked_batch, masks, table_at
from foundation import access, lake
from foundation.errors import Invalid
from foundation.identity import Actor

if TYPE_CHECKING:
    import pyarrow as pa

_LOCATION = re.compile(r"[a-z][a-z0-9+.-]*://\S{1,900}")


def parquet_stream(*, actor: Actor, version: DatasetVersion) -> Iterator[bytes]:
    """The rows as one Parquet file, made while it is read, in bounded memory; masked for whoever sees them so."""
    return export_stream(actor=actor, version=version, form=ExportFormat.PARQUET)


def export_stream(
    *, actor: Actor, version: DatasetVersion, form: str, exact: bool = False, location: str = ""
) -> Iterator[bytes]:
    """The rows as one file of a form.

    `exact`: text in a CSV stays as it is even where a spreadsheet would take it for a formula. `location`: where the
    folder of an Iceberg table is going to lie, since its files name each other by whole addresses.
    """
    import pyarrow as pa

    policies.check_can_read(actor, version)
    access.require_fresh(actor)
    known = _form(form)
    if location and not _LOCATION.fullmatch(location):
        sentence = _("A location is a whole address, like s3://bucket/tables/orders.")
        raise Invalid(sentence, fields={"location": [sentence]})
    reader = lake.for_tenant(version.tenant_id).read(table_at(version))
    covered = masks(actor, version)
    schema = masked_batch(pa.RecordBatch.from_pylist([], schema=reader.schema), covered).schema
    rows = (masked_batch(batch, covered) if covered else batch for batch in reader)
    return _written(rows, schema, version, known, exact, location)


def rows_stream(batches: Iterable[pa.RecordBatch], schema: pa.Schema, *, form: str, exact: bool) -> Iterator[bytes]:
    """Rows that are no version's as one file: Parquet, Arrow or CSV. They come as they leave: masked already."""
    from apps.datasets.adapters import rows_out

    known = _form(form)
    if known == ExportFormat.CSV:
        return rows_out.csv(batches, schema, exact=exact)
    if known == ExportFormat.ARROW:
        return rows_out.arrow(batches, schema)
    if known == ExportFormat.PARQUET:
        return rows_out.parquet(batches, schema)
    sentence = _("These rows leave as parquet, arrow or csv.")
    raise Invalid(sentence, fields={"form": [sentence]})


def export_name(actor: Actor, version: DatasetVersion, form: str) -> str:
    """What the file is called that the actor gets."""
    masked = "-masked" if masks(actor, version) else ""
    return f"{_base(version)}{masked}{_form(form).ending}"


def _base(version: DatasetVersion) -> str:
    return f"{version.dataset.slug}-v{version.number or 0}"


def _form(form: str) -> ExportFormat:
    if form not in ExportFormat.values:
        sentence = _("“%(form)s” is none of: %(known)s.") % {"form": form[:40], "known": ", ".join(ExportFormat.values)}
        raise Invalid(sentence, fields={"form": [sentence]})
    return ExportFormat(form)


def _written(
    reader: Iterator[pa.RecordBatch],
    schema: pa.Schema,
    version: DatasetVersion,
    form: ExportFormat,
    exact: bool,
    location: str,
) -> Iterator[bytes]:
    from apps.datasets.adapters import delta_out, iceberg_out, rows_out

    folder, made_at = _base(version), version.committed_at or version.created_at
    if form == ExportFormat.CSV:
        return rows_out.csv(reader, schema, exact=exact)
    if form == ExportFormat.ARROW:
        return rows_out.arrow(reader, schema)
    if form == ExportFormat.DELTA:
        return rows_out.zipped(delta_out.files(reader, schema, folder=folder, table_id=version.pk, made_at=made_at))
    if form == ExportFormat.ICEBERG:
        where = location or f"file:///{folder}"
        return rows_out.zipped(
            iceberg_out.files(reader, schema, folder=folder, location=where, table_id=version.pk, made_at=made_at)
        )
    return rows_out.parquet(reader, schema)
