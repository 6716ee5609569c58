"""What happens to datasets, their versions and columns."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from foundation import ledger


@dataclass(frozen=True, kw_only=True)
class DatasetCreated(ledger.Event):
    kind = "dataset.created"
    said = _("added the dataset")
    icon = "plus"
    dataset_id: UUID


@dataclass(frozen=True, kw_only=True)
class DatasetEdited(ledger.Event):
    kind = "dataset.edited"
    said = _("changed what is said and promised about the dataset")
    icon = "writing"
    dataset_id: UUID
    promised_seconds: int | None


@dataclass(frozen=True, kw_only=True)
class IngestionStarted(ledger.Event):
    kind = "dataset_version.ingestion_started"
    said = _("sent a file")
    icon = "file-upload"
    dataset_id: UUID
    version_id: UUID
    upload_digest: str
    byte_count: int


@dataclass(frozen=True, kw_only=True)
class PullStarted(ledger.Event):
    """From a connection; where there it lies could name somebody and stays out."""

    kind = "dataset_version.pull_started"
    said = _("began to read from a connection")
    icon = "database-import"
    dataset_id: UUID
    version_id: UUID
    connection_id: UUID


@dataclass(frozen=True, kw_only=True)
class DerivationStarted(ledger.Event):
    kind = "dataset_version.derivation_started"
    said = _("began a version by SQL")
    icon = "sql"
    dataset_id: UUID
    version_id: UUID
    input_ids: tuple[UUID, ...]


@dataclass(frozen=True, kw_only=True)
class SuccessorStarted(ledger.Event):
    """A version with the rows of another one, `of_id`, without those of a person who is erased."""

    kind = "dataset_version.successor_started"
    said = _("began a successor without the rows of an erased person")
    icon = "versions"
    dataset_id: UUID
    version_id: UUID
    of_id: UUID


@dataclass(frozen=True, kw_only=True)
class VersionReviewed(ledger.Event):
    """All rows are in the lake and wait for a person's word."""

    kind = "dataset_version.review_opened"
    said = _("read %(row_count)s rows; they wait for review")
    icon = "eye"
    dataset_id: UUID
    version_id: UUID
    digest: str
    row_count: int


@dataclass(frozen=True, kw_only=True)
class VersionCommitted(ledger.Event):
    kind = "dataset_version.committed"
    said = _("committed version %(number)s with %(row_count)s rows")
    icon = "circle-check"
    dataset_id: UUID
    version_id: UUID
    number: int
    digest: str
    row_count: int
    lake_snapshot: int


@dataclass(frozen=True, kw_only=True)
class VersionFailed(ledger.Event):
    kind = "dataset_version.failed"
    said = _("could not make the version")
    icon = "circle-x"
    dataset_id: UUID
    version_id: UUID


@dataclass(frozen=True, kw_only=True)
class VersionCancelled(ledger.Event):
    kind = "dataset_version.cancelled"
    said = _("cancelled making the version")
    icon = "player-stop"
    dataset_id: UUID
    version_id: UUID


@dataclass(frozen=True, kw_only=True)
class VersionDiscarded(ledger.Event):
    kind = "dataset_version.discarded"
    said = _("discarded the version")
    icon = "trash"
    dataset_id: UUID
    version_id: UUID


@dataclass(frozen=True, kw_only=True)
class VersionUnchanged(ledger.Event):
    kind = "dataset_version.unchanged"
    said = _("found nothing new")
    icon = "check"
    dataset_id: UUID
    version_id: UUID


@dataclass(frozen=True, kw_only=True)
class VersionPaused(ledger.Event):
    kind = "dataset_version.paused"
    said = _("paused the reading")
    icon = "player-pause"
    dataset_id: UUID
    version_id: UUID


@dataclass(frozen=True, kw_only=True)
class VersionResumed(ledger.Event):
    kind = "dataset_version.resumed"
    said = _("let the reading go on")
    icon = "player-play"
    dataset_id: UUID
    version_id: UUID


@dataclass(frozen=True, kw_only=True)
class VersionMoved(ledger.Event):
    """Its rows lie in a table of their own now, since one that shared theirs was destroyed."""

    kind = "dataset_version.moved"
    said = _("moved its rows into a table of their own")
    icon = "database"
    dataset_id: UUID
    version_id: UUID
    digest: str
    lake_snapshot: int


@dataclass(frozen=True, kw_only=True)
class VersionDestroyRequested(ledger.Event):
    """From now on nobody reads it. `digest` is that of its rows; `made_from_it` counts what its chain then misses."""

    kind = "dataset_version.destroy_requested"
    said = _("asked that the version be destroyed")
    icon = "trash"
    dataset_id: UUID
    version_id: UUID
    digest: str
    made_from_it: int


@dataclass(frozen=True, kw_only=True)
class VersionDestroyed(ledger.Event):
    """Its rows, its file and every key that opened them are gone; `digest` says which rows they were."""

    kind = "dataset_version.destroyed"
    said = _("destroyed the version's rows and their keys")
    icon = "trash"
    dataset_id: UUID
    version_id: UUID
    digest: str


@dataclass(frozen=True, kw_only=True)
class ColumnClassified(ledger.Event):
    kind = "dataset_version.column_classified"
    said = _("said what kind of data a column holds")
    icon = "tag"
    dataset_id: UUID
    version_id: UUID
    column_index: int
    column_class: str


@dataclass(frozen=True, kw_only=True)
class ColumnsClassified(ledger.Event):
    """`classes` by the column's place in the table."""

    kind = "dataset_version.columns_classified"
    said = _("said what kind of data %(count)s columns hold")
    icon = "tag"
    dataset_id: UUID
    version_id: UUID
    count: int
    classes: dict[str, str]
