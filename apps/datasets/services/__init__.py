"""Writes of the datasets app."""

from apps.datasets.services.archiving import dataset_part
from apps.datasets.services.classification import classify_column, classify_columns, confirm_suggestions
from apps.datasets.services.column_sources import column_sources
from apps.datasets.services.cutting import complete_cut, cut_version
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
from apps.datasets.services.export import export_name, export_stream, file_name, parquet_stream
from apps.datasets.services.holding import place_hold, release_hold
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
from apps.datasets.services.openlineage import run_event
from apps.datasets.services.passes import hear_version, run_due_transformations
from apps.datasets.services.pulling import pull_version, reading_through, run_pull
from apps.datasets.services.retention import retire_versions, set_retention
from apps.datasets.services.review import commit_version, discard_version
from apps.datasets.services.rolling_back import roll_back
from apps.datasets.services.sampling import sample_of
from apps.datasets.services.starting import start_after, start_due
from apps.datasets.services.tagging import tag_version, untag_version
from apps.datasets.services.taking import take_version
from apps.datasets.services.tokenising import destroy_token_key, token_of
from apps.datasets.services.transformations import (
    create_transformation,
    define_transformation,
    delete_transformation,
    pause_transformation,
    resume_transformation,
    run_transformation_now,
)
from apps.datasets.services.transforming import run_pass
from apps.datasets.services.uploads import (
    CHUNK_BYTES,
    append_chunk,
    cancel_upload,
    complete_upload,
    forget_abandoned_uploads,
    start_upload,
    take_file,
)
from apps.datasets.services.using import check_classified, check_may_query, check_sql_classified

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
    "check_classified",
    "check_may_query",
    "check_sql_classified",
    "classify_column",
    "classify_columns",
    "column_sources",
    "commit_version",
    "complete_cut",
    "complete_upload",
    "confirm_suggestions",
    "create_dataset",
    "create_ingestion",
    "create_transformation",
    "create_version",
    "cut_version",
    "dataset_part",
    "define_transformation",
    "delete_ingestion",
    "delete_transformation",
    "derive_version",
    "destroy_token_key",
    "destroy_version",
    "discard_version",
    "edit_dataset",
    "edit_ingestion",
    "erase_in_projects",
    "erase_person",
    "export_name",
    "export_stream",
    "fail_version",
    "file_name",
    "find_in_projects",
    "find_person",
    "forget_abandoned_uploads",
    "go_on_erasing",
    "hear_version",
    "ingest_upload",
    "nowhere",
    "nowhere_at_all",
    "parquet_stream",
    "pause_ingestion",
    "pause_transformation",
    "pause_version",
    "place_hold",
    "preview_query",
    "pull_version",
    "reading_through",
    "register_reach",
    "release_hold",
    "resume_ingestion",
    "resume_transformation",
    "resume_version",
    "retire_versions",
    "roll_back",
    "run_derivation",
    "run_due_transformations",
    "run_erasure",
    "run_event",
    "run_ingestion",
    "run_pass",
    "run_pull",
    "run_transformation_now",
    "sample_of",
    "set_retention",
    "start_after",
    "start_due",
    "start_upload",
    "successor_id",
    "summary_lines",
    "tag_version",
    "take_file",
    "take_version",
    "token_of",
    "untag_version",
]
