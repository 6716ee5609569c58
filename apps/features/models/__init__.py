"""The rows of the feature store."""

from apps.features.models.entities import Entity
from apps.features.models.features import Feature
from apps.features.models.training_sets import TrainingSet
from apps.features.models.views import FeatureView

__all__ = [
    "Entity",
    "Feature",
    "FeatureView",
    "TrainingSet",
]
