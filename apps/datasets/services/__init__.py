"""Writes of the datasets app."""

from apps.datasets.services.archiving import dataset_part
from apps.datasets.services.classification import classify_column, classify_columns, confirm_suggestions
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
from apps.datasets.services.export import file_name, parquet_stream
from apps.datasets.services.holding import place_hold, release_hold
from apps.datasets.services.ingestion import fail_version, ingest_upload
from apps.datasets.services.leaving import DataFarewell
from apps.datasets.services.metering import begin_usage
from apps.datasets.services.pulling import pull_version, reading_through, run_pull
from apps.datasets.services.retention import retire_versions, set_retention
from apps.datasets.services.review import commit_version, discard_version
from apps.datasets.services.rolling_back import roll_back
from apps.datasets.services.sampling import sample_of
from apps.datasets.services.tagging import tag_version, untag_version
from apps.datasets.services.tokenising import destroy_token_key, token_of
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
    "commit_version",
    "complete_upload",
    "confirm_suggestions",
    "create_dataset",
    "create_version",
    "dataset_part",
    "derive_version",
    "destroy_token_key",
    "destroy_version",
    "discard_version",
    "edit_dataset",
    "erase_in_projects",
    "erase_person",
    "fail_version",
    "file_name",
    "find_in_projects",
    "find_person",
    "forget_abandoned_uploads",
    "go_on_erasing",
    "ingest_upload",
    "nowhere",
    "nowhere_at_all",
    "parquet_stream",
    "place_hold",
    "preview_query",
    "pull_version",
    "reading_through",
    "register_reach",
    "release_hold",
    "retire_versions",
    "roll_back",
    "run_derivation",
    "run_erasure",
    "run_pull",
    "sample_of",
    "set_retention",
    "start_upload",
    "successor_id",
    "summary_lines",
    "tag_version",
    "take_file",
    "token_of",
    "untag_version",
]
