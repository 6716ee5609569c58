"""The shape of what people send to the datasets app."""

from apps.datasets.forms.holding import HoldForm, ReleaseForm
from apps.datasets.forms.retention import RetentionForm
from apps.datasets.forms.tagging import TagForm
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
    "HoldForm",
    "PullForm",
    "ReadingForm",
    "ReleaseForm",
    "RetentionForm",
    "TagForm",
    "UploadForm",
    "name_from",
]
