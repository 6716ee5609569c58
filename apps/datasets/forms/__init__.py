"""The shape of what people send to the datasets app."""

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
    "ClassForm",
    "DeriveForm",
    "DestroyForm",
    "EditForm",
    "ExpectationForm",
    "PullForm",
    "ReadingForm",
    "RowForm",
    "RowsForm",
    "SuiteForm",
    "UploadForm",
    "name_from",
]
