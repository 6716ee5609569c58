"""What people type to define features and training sets."""

from apps.features.forms.online import FreshnessForm
from apps.features.forms.training_sets import TrainingSetForm
from apps.features.forms.views import ViewForm

__all__ = [
    "FreshnessForm",
    "TrainingSetForm",
    "ViewForm",
]
