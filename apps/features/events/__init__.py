"""What happens to entities, feature views, on-demand features and training sets."""

from apps.features.events.on_demand import OnDemandViewDefined
from apps.features.events.training_sets import (
    TrainingSetCancelled,
    TrainingSetDefined,
    TrainingSetDestroyed,
    TrainingSetFailed,
    TrainingSetReady,
)
from apps.features.events.views import (
    EntityDefined,
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
    "FeatureViewCancelled",
    "FeatureViewDefined",
    "FeatureViewDestroyed",
    "FeatureViewFailed",
    "FeatureViewMaterialised",
    "FeatureViewReady",
    "MaterialisationCancelled",
    "OnDemandViewDefined",
    "TrainingSetCancelled",
    "TrainingSetDefined",
    "TrainingSetDestroyed",
    "TrainingSetFailed",
    "TrainingSetReady",
]
