"""The shape of what people send to the datasets app."""

from apps.datasets.forms.ingestions import BackfillForm, IngestionForm, SourceForm
from apps.datasets.forms.modes import MOST_KEYS, ModeFields
from apps.datasets.forms.schedules import ScheduleFields, cron_of, rhythm_of
from apps.datasets.forms.versions import (
    ClassForm,
    DeriveForm,
    DestroyForm,
    EditForm,
    PullForm,
    ReadingForm,
    UploadForm,
    name_from,
)

__all__ = [
    "MOST_KEYS",
    "BackfillForm",
    "ClassForm",
    "DeriveForm",
    "DestroyForm",
    "EditForm",
    "IngestionForm",
    "ModeFields",
    "PullForm",
    "ReadingForm",
    "ScheduleFields",
    "SourceForm",
    "UploadForm",
    "cron_of",
    "name_from",
    "rhythm_of",
]
