"""The shape of what people send to the datasets app."""

from apps.datasets.forms.lineage import LineageForm
from apps.datasets.forms.taking import TakeForm
from apps.datasets.forms.transformations import TransformationForm
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
    "LineageForm",
    "PullForm",
    "ReadingForm",
    "TakeForm",
    "TransformationForm",
    "UploadForm",
    "name_from",
]
