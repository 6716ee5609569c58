"""What the datasets app tells the ledger."""

from apps.datasets.events.erasures import ErasureFailed, ErasureRequested, ErasureResumed, PersonErased
from apps.datasets.events.transformations import (
    TransformationCreated,
    TransformationDefined,
    TransformationDeleted,
    TransformationPaused,
    TransformationResumed,
    TransformationRunAsked,
)
from apps.datasets.events.versions import (
    ColumnClassified,
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
    "TransformationCreated",
    "TransformationDefined",
    "TransformationDeleted",
    "TransformationPaused",
    "TransformationResumed",
    "TransformationRunAsked",
    "VersionCancelled",
    "VersionCommitted",
    "VersionDestroyRequested",
    "VersionDestroyed",
    "VersionDiscarded",
    "VersionFailed",
    "VersionReviewed",
]
