from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from foundation import ledger


@dataclass(frozen=True, kw_only=True)
class DatasetCreated(ledger.Event):
    kind = "dataset.created"
    dataset_id: UUID


@dataclass(frozen=True, kw_only=True)
class IngestionStarted(ledger.Event):
    kind = "dataset_version.ingestion_started"
    dataset_id: UUID
    version_id: UUID
    upload_digest: str
    byte_count: int


@dataclass(frozen=True, kw_only=True)
class DerivationStarted(ledger.Event):
    kind = "dataset_version.derivation_started"
    dataset_id: UUID
    version_id: UUID
    input_ids: tuple[UUID, ...]


@dataclass(frozen=True, kw_only=True)
class VersionReviewed(ledger.Event):
    """All rows are in the lake and wait for a person's word."""

    kind = "dataset_version.review_opened"
    dataset_id: UUID
    version_id: UUID
    digest: str
    row_count: int


@dataclass(frozen=True, kw_only=True)
class VersionCommitted(ledger.Event):
    kind = "dataset_version.committed"
    dataset_id: UUID
    version_id: UUID
    number: int
    digest: str
    row_count: int
    lake_snapshot: int


@dataclass(frozen=True, kw_only=True)
class VersionFailed(ledger.Event):
    kind = "dataset_version.failed"
    dataset_id: UUID
    version_id: UUID


@dataclass(frozen=True, kw_only=True)
class VersionDiscarded(ledger.Event):
    kind = "dataset_version.discarded"
    dataset_id: UUID
    version_id: UUID


@dataclass(frozen=True, kw_only=True)
class ColumnClassified(ledger.Event):
    kind = "dataset_version.column_classified"
    dataset_id: UUID
    version_id: UUID
    column_index: int
    column_class: str
