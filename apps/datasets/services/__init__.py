"""Writes of the datasets app."""

from apps.datasets.services.archiving import dataset_part
from apps.datasets.services.classification import classify_column
from apps.datasets.services.datasets import create_dataset, create_version, edit_dataset
from apps.datasets.services.deriving import derive_version, preview_query, run_derivation
from apps.datasets.services.destroying import ask_to_destroy, destroy_version
from apps.datasets.services.erasing import (
    ArchiveReach,
    InProject,
    Reach,
    Reached,
    Search,
    VersionReach,
    erase_in_projects,
    erase_person,
    find_in_projects,
    find_person,
    go_on_erasing,
    nowhere,
    nowhere_at_all,
    register_reach,
    run_erasure,
    successor_id,
    summary_lines,
)
from apps.datasets.services.export import parquet_stream
from apps.datasets.services.ingestion import fail_version, ingest_upload
from apps.datasets.services.ingestions import (
    Plan,
    create_ingestion,
    delete_ingestion,
    edit_ingestion,
    pause_ingestion,
    pause_version,
    resume_ingestion,
    resume_version,
    run_ingestion,
)
from apps.datasets.services.leaving import DataFarewell
from apps.datasets.services.metering import begin_usage
from apps.datasets.services.pulling import pull_version, reading_through, run_pull
from apps.datasets.services.review import commit_version, discard_version
from apps.datasets.services.sampling import sample_of
from apps.datasets.services.schedules import next_times
from apps.datasets.services.starting import start_after, start_due
from apps.datasets.services.uploads import (
    CHUNK_BYTES,
    append_chunk,
    cancel_upload,
    complete_upload,
    forget_abandoned_uploads,
    start_upload,
    take_file,
)

__all__ = [
    "CHUNK_BYTES",
    "ArchiveReach",
    "DataFarewell",
    "InProject",
    "Plan",
    "Reach",
    "Reached",
    "Search",
    "VersionReach",
    "append_chunk",
    "ask_to_destroy",
    "begin_usage",
    "cancel_upload",
    "classify_column",
    "commit_version",
    "complete_upload",
    "create_dataset",
    "create_ingestion",
    "create_version",
    "dataset_part",
    "delete_ingestion",
    "derive_version",
    "destroy_version",
    "discard_version",
    "edit_dataset",
    "edit_ingestion",
    "erase_in_projects",
    "erase_person",
    "fail_version",
    "find_in_projects",
    "find_person",
    "forget_abandoned_uploads",
    "go_on_erasing",
    "ingest_upload",
    "next_times",
    "nowhere",
    "nowhere_at_all",
    "parquet_stream",
    "pause_ingestion",
    "pause_version",
    "preview_query",
    "pull_version",
    "reading_through",
    "register_reach",
    "resume_ingestion",
    "resume_version",
    "run_derivation",
    "run_erasure",
    "run_ingestion",
    "run_pull",
    "sample_of",
    "start_after",
    "start_due",
    "start_upload",
    "successor_id",
    "summary_lines",
    "take_file",
]
