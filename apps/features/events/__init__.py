"""What happens to entities, feature views and training sets."""

from apps.features.events.materialisations import (
    FeatureViewFresh,
    FeatureViewStale,
    FreshnessPromised,
    MaterialisationFailed,
    OnlineValuesForgotten,
    ReaderAdmitted,
)
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
    "FeatureViewFresh",
    "FeatureViewMaterialised",
    "FeatureViewReady",
    "FeatureViewStale",
    "FreshnessPromised",
    "MaterialisationCancelled",
    "MaterialisationFailed",
    "OnlineValuesForgotten",
    "ReaderAdmitted",
    "TrainingSetCancelled",
    "TrainingSetDefined",
    "TrainingSetDestroyed",
    "TrainingSetFailed",
    "TrainingSetReady",
]
