"""What people type to define features and training sets."""

from apps.features.forms.training_sets import TrainingSetForm
from apps.features.forms.views import ViewForm
from apps.features.forms.windows import WindowsForm

__all__ = [
    "TrainingSetForm",
    "ViewForm",
    "WindowsForm",
]
