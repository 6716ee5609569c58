"""What happens to entities, feature views, training sets and retrievals."""

from apps.features.events.retrievals import (
    RetrievalAsked,
    RetrievalCancelled,
    RetrievalFailed,
    RetrievalRead,
    RetrievalReady,
)
from apps.features.events.training_sets import (
    KnownSinceIgnored,
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
    "KnownSinceIgnored",
    "MaterialisationCancelled",
    "RetrievalAsked",
    "RetrievalCancelled",
    "RetrievalFailed",
    "RetrievalRead",
    "RetrievalReady",
    "TrainingSetCancelled",
    "TrainingSetDefined",
    "TrainingSetDestroyed",
    "TrainingSetFailed",
    "TrainingSetReady",
]
