"""What the datasets app tells the ledger."""

from apps.datasets.events.erasures import ErasureFailed, ErasureRequested, ErasureResumed, PersonErased
from apps.datasets.events.versions import (
    ColumnClassified,
    ColumnsClassified,
    DatasetCreated,
    DatasetEdited,
    DerivationStarted,
    IngestionStarted,
    PullStarted,
    SuccessorStarted,
    VersionCancelled,
    VersionCommitted,
    VersionDestroyed,
    VersionDestroyRequested,
    VersionDiscarded,
    VersionFailed,
    VersionReviewed,
)

__all__ = [
    "ColumnClassified",
    "ColumnsClassified",
    "DatasetCreated",
    "DatasetEdited",
    "DerivationStarted",
    "ErasureFailed",
    "ErasureRequested",
    "ErasureResumed",
    "IngestionStarted",
    "PersonErased",
    "PullStarted",
    "SuccessorStarted",
    "VersionCancelled",
    "VersionCommitted",
    "VersionDestroyRequested",
    "VersionDestroyed",
    "VersionDiscarded",
    "VersionFailed",
    "VersionReviewed",
]
