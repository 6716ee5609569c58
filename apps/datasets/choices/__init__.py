"""The words of the datasets app."""

from apps.datasets.choices.changes import RowChangeKind
from apps.datasets.choices.columns import STRICTNESS, SUGGESTED, ColumnClass, Confidence, FoundIn, PersonalKind
from apps.datasets.choices.erasures import ERASURE_NEXT, LEFT_TO_PEOPLE, ErasedKind, ErasureState, InProjectState
from apps.datasets.choices.files import ACCEPTED_ENDINGS, ARCHIVES, FORMAT_OF_ENDING, FileFormat
from apps.datasets.choices.retention import KeptBecause
from apps.datasets.choices.versions import NEXT, VersionState

__all__ = [
    "ACCEPTED_ENDINGS",
    "ARCHIVES",
    "ERASURE_NEXT",
    "FORMAT_OF_ENDING",
    "LEFT_TO_PEOPLE",
    "NEXT",
    "STRICTNESS",
    "SUGGESTED",
    "ColumnClass",
    "Confidence",
    "ErasedKind",
    "ErasureState",
    "FileFormat",
    "FoundIn",
    "InProjectState",
    "KeptBecause",
    "PersonalKind",
    "RowChangeKind",
    "VersionState",
]
