"""The words of the datasets app."""

from apps.datasets.choices.columns import ColumnClass, PersonalKind
from apps.datasets.choices.erasures import ERASURE_NEXT, LEFT_TO_PEOPLE, ErasedKind, ErasureState, InProjectState
from apps.datasets.choices.files import ACCEPTED_ENDINGS, ARCHIVES, FORMAT_OF_ENDING, FileFormat
from apps.datasets.choices.validation import (
    TABLE_KINDS,
    ExpectationKind,
    ReportOutcome,
    ResultState,
    Severity,
    ShiftMeasure,
    ValueFamily,
)
from apps.datasets.choices.versions import NEXT, VersionState

__all__ = [
    "ACCEPTED_ENDINGS",
    "ARCHIVES",
    "ERASURE_NEXT",
    "FORMAT_OF_ENDING",
    "LEFT_TO_PEOPLE",
    "NEXT",
    "TABLE_KINDS",
    "ColumnClass",
    "ErasedKind",
    "ErasureState",
    "ExpectationKind",
    "FileFormat",
    "InProjectState",
    "PersonalKind",
    "ReportOutcome",
    "ResultState",
    "Severity",
    "ShiftMeasure",
    "ValueFamily",
    "VersionState",
]
