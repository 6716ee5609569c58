"""The shape of what people send to the datasets app."""

from apps.datasets.forms.holding import HoldForm, ReleaseForm
from apps.datasets.forms.ingestions import BackfillForm, IngestionForm, SourceForm
from apps.datasets.forms.lineage import LineageForm
from apps.datasets.forms.modes import MOST_KEYS, ModeFields
from apps.datasets.forms.retention import RetentionForm
from apps.datasets.forms.schedules import ScheduleFields, cron_of, rhythm_of
from apps.datasets.forms.tagging import TagForm
from apps.datasets.forms.taking import TakeForm
from apps.datasets.forms.transformations import TransformationForm
from apps.datasets.forms.validation import ExpectationForm, RowForm, RowsForm, SuiteForm
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
    "ExpectationForm",
    "HoldForm",
    "IngestionForm",
    "LineageForm",
    "ModeFields",
    "PullForm",
    "ReadingForm",
    "ReleaseForm",
    "RetentionForm",
    "RowForm",
    "RowsForm",
    "ScheduleFields",
    "SourceForm",
    "SuiteForm",
    "TagForm",
    "TakeForm",
    "TransformationForm",
    "UploadForm",
    "cron_of",
    "name_from",
    "rhythm_of",
]
