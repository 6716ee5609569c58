"""The words of the datasets app."""

from apps.datasets.choices.changes import RowChangeKind
from apps.datasets.choices.columns import STRICTNESS, SUGGESTED, ColumnClass, Confidence, FoundIn, PersonalKind
from apps.datasets.choices.erasures import (
    ERASURE_NEXT,
    LEARNED,
    LEFT_TO_PEOPLE,
    MENTIONS,
    ErasedKind,
    ErasureState,
    InProjectState,
)
from apps.datasets.choices.exports import ExportFormat
from apps.datasets.choices.files import ACCEPTED_ENDINGS, ARCHIVES, FORMAT_OF_ENDING, READ_WHOLE, FileFormat
from apps.datasets.choices.ingestions import INGESTION_NEXT, IngestionState, Mode, Rhythm, Trigger, Weekday
from apps.datasets.choices.retention import KeptBecause
from apps.datasets.choices.tables import growing_table
from apps.datasets.choices.transformations import (
    PASS_NEXT,
    PASS_OPEN,
    TRANSFORMATION_NEXT,
    PassState,
    TransformationMode,
    TransformationState,
    TransformationTrigger,
)
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
    "INGESTION_NEXT",
    "LEARNED",
    "LEFT_TO_PEOPLE",
    "MENTIONS",
    "NEXT",
    "PASS_NEXT",
    "PASS_OPEN",
    "READ_WHOLE",
    "STRICTNESS",
    "SUGGESTED",
    "TABLE_KINDS",
    "TRANSFORMATION_NEXT",
    "ColumnClass",
    "Confidence",
    "ErasedKind",
    "ErasureState",
    "ExpectationKind",
    "ExportFormat",
    "FileFormat",
    "FoundIn",
    "InProjectState",
    "IngestionState",
    "KeptBecause",
    "Mode",
    "PassState",
    "PersonalKind",
    "ReportOutcome",
    "ResultState",
    "Rhythm",
    "RowChangeKind",
    "Severity",
    "ShiftMeasure",
    "TransformationMode",
    "TransformationState",
    "TransformationTrigger",
    "Trigger",
    "ValueFamily",
    "VersionState",
    "Weekday",
    "growing_table",
]
