from __future__ import annotations

import pytest

from apps.datasets import services
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

    def ingest(name, data, *, review=False, dataset=None, run=True):
        target = dataset or services.create_dataset(actor=scientist, project=project, name=name)
        version = services.create_version(
            actor=scientist, dataset=target, upload=uploaded(name, data), now=now(), review=review
        )
        if run:
            run_jobs()
        version.refresh_from_db()
        return version

    return ingest
