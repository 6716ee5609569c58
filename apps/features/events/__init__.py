"""What happens to entities, feature views and training sets."""

from apps.features.events.training_sets import (
    TrainingSetCancelled,
    TrainingSetDefined,
    TrainingSetDestroyed,
    TrainingSetFailed,
    TrainingSetReady,
)
from apps.features.events.views import (
    EntityDefined,
    FeatureDescribed,
    FeatureViewCancelled,
    FeatureViewDefined,
    FeatureViewDestroyed,
    FeatureViewFailed,
    FeatureViewMaterialised,
    FeatureViewReady,
    MaterialisationCancelled,
)

__all__ = [
    "EntityDefined",
    "FeatureDescribed",
    "FeatureViewCancelled",
    "FeatureViewDefined",
    "FeatureViewDestroyed",
    "FeatureViewFailed",
    "FeatureViewMaterialised",
    "FeatureViewReady",
    "MaterialisationCancelled",
    "TrainingSetCancelled",
    "TrainingSetDefined",
    "TrainingSetDestroyed",
    "TrainingSetFailed",
    "TrainingSetReady",
]
