from __future__ import annotations

import hashlib
import io
from types import SimpleNamespace

import pyarrow as pa
import pyarrow.csv
import pytest

from apps.datasets import services
from apps.datasets.models import DatasetVersion
from apps.datasets.services import completing
from foundation import lake
from foundation.clock import now


@pytest.fixture
def uploaded(scientist, project):
    """A completed upload of some bytes."""

    def upload(name, data):
        row = services.start_upload(actor=scientist, project=project, filename=name, size=len(data))
        for offset in range(0, len(data), services.CHUNK_BYTES):
            chunk = data[offset : offset + services.CHUNK_BYTES]
            services.append_chunk(actor=scientist, upload_id=row.pk, offset=offset, data=chunk)
        return services.complete_upload(actor=scientist, upload_id=row.pk, now=now())

    return upload


@pytest.fixture
def ingested(scientist, project, uploaded, run_jobs):
    """A version made of some bytes, with its job run, or queued with `run=False`; `review` leaves it for a person."""

    def ingest(name, data, *, review=False, dataset=None, run=True, **words):
        target = dataset or services.create_dataset(actor=scientist, project=project, name=name)
        version = services.create_version(
            actor=scientist, dataset=target, upload=uploaded(name, data), now=now(), review=review, **words
        )
        if run:
            run_jobs()
        version.refresh_from_db()
        return version

    return ingest


@pytest.fixture
def written(scientist, project):
    """A version as its ingestion leaves it, for tests of what happens then: no upload, no job, no child that reads."""
    return lambda name, data, *, dataset=None: write_version(scientist, project, name, data, dataset=dataset)


def write_version(scientist, project, name, data, *, dataset=None):
    target = dataset or services.create_dataset(actor=scientist, project=project, name=name)
    source = {"kind": "upload", "filename": name, "sha256": hashlib.sha256(data).hexdigest()}
    version = DatasetVersion.objects.create(
        tenant=project.tenant,
        project=project,
        dataset=target,
        byte_count=len(data),
        review=False,
        source=source,
        created_by=scientist.user,
    )
    tables = lake.for_tenant(project.tenant_id)
    at = tables.write(f"ds_{version.pk.hex}", _rows_of(data))
    unheard = SimpleNamespace(progress=lambda *_said: None, raise_if_cancelled=lambda: None)
    found = completing.inspect(tables, at, unheard)
    completing.finish(actor=scientist, version_id=version.pk, at=at, found=found)
    version.refresh_from_db()
    return version


def _rows_of(data):
    """CSV with times as the lake keeps them, in microseconds."""
    rows = pyarrow.csv.read_csv(io.BytesIO(data))
    fields = [
        field.with_type(pa.timestamp("us")) if pa.types.is_timestamp(field.type) else field for field in rows.schema
    ]
    return rows.cast(pa.schema(fields))
