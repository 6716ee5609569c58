"""Writes of the datasets app."""

from apps.datasets.services.classification import classify_column
from apps.datasets.services.datasets import create_dataset, create_version
from apps.datasets.services.deriving import derive_version, run_derivation
from apps.datasets.services.ingestion import fail_version, ingest_upload
from apps.datasets.services.review import commit_version, discard_version
from apps.datasets.services.uploads import (
    CHUNK_BYTES,
    append_chunk,
    complete_upload,
    forget_abandoned_uploads,
    start_upload,
)

__all__ = [
    "CHUNK_BYTES",
    "append_chunk",
    "classify_column",
    "commit_version",
    "complete_upload",
    "create_dataset",
    "create_version",
    "derive_version",
    "discard_version",
    "fail_version",
    "forget_abandoned_uploads",
    "ingest_upload",
    "run_derivation",
    "start_upload",
]
