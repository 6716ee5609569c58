"""What people type to define, describe and find features and training sets."""

from apps.features.forms.describing import FeatureForm
from apps.features.forms.finding import FeatureFilter
from apps.features.forms.training_sets import TrainingSetForm
from apps.features.forms.views import ViewForm

__all__ = [
    "FeatureFilter",
    "FeatureForm",
    "TrainingSetForm",
    "ViewForm",
]
