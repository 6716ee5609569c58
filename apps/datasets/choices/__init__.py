"""The words of the datasets app."""

from apps.datasets.choices.columns import ColumnClass, PersonalKind
from apps.datasets.choices.erasures import ERASURE_NEXT, LEFT_TO_PEOPLE, ErasedKind, ErasureState, InProjectState
from apps.datasets.choices.files import ACCEPTED_ENDINGS, ARCHIVES, FORMAT_OF_ENDING, FileFormat
from apps.datasets.choices.ingestions import INGESTION_NEXT, IngestionState, Mode, Rhythm, Trigger, Weekday
from apps.datasets.choices.versions import NEXT, VersionState

__all__ = [
    "ACCEPTED_ENDINGS",
    "ARCHIVES",
    "ERASURE_NEXT",
    "FORMAT_OF_ENDING",
    "INGESTION_NEXT",
    "LEFT_TO_PEOPLE",
    "NEXT",
    "ColumnClass",
    "ErasedKind",
    "ErasureState",
    "FileFormat",
    "InProjectState",
    "IngestionState",
    "Mode",
    "PersonalKind",
    "Rhythm",
    "Trigger",
    "VersionState",
    "Weekday",
]
