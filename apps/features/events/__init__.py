"""What happens to entities, feature views, on-demand features and training sets."""

from apps.features.events.materialisations import (
    FeatureViewFresh,
    FeatureViewStale,
    FreshnessPromised,
    MaterialisationFailed,
    OnlineValuesForgotten,
)
from apps.features.events.on_demand import OnDemandViewDefined
from apps.features.events.registry import (
    DefinitionsApplied,
    EntityEdited,
    FeatureServiceDefined,
    FeatureServiceDeprecated,
    FeatureServiceEdited,
    FeatureServiceRemoved,
    FeatureServiceRestored,
    FeatureViewDeprecated,
    FeatureViewEdited,
    FeatureViewRemovalRequested,
    FeatureViewRemoved,
    FeatureViewRestored,
)
from apps.features.events.skew import SkewEnded, SkewFound, SkewWatched
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
    "DefinitionsApplied",
    "EntityDefined",
    "EntityEdited",
    "FeatureServiceDefined",
    "FeatureServiceDeprecated",
    "FeatureServiceEdited",
    "FeatureServiceRemoved",
    "FeatureServiceRestored",
    "FeatureViewCancelled",
    "FeatureViewDefined",
    "FeatureViewDeprecated",
    "FeatureViewDestroyed",
    "FeatureViewEdited",
    "FeatureViewFailed",
    "FeatureViewFresh",
    "FeatureViewMaterialised",
    "FeatureViewReady",
    "FeatureViewRemovalRequested",
    "FeatureViewRemoved",
    "FeatureViewRestored",
    "FeatureViewStale",
    "FreshnessPromised",
    "MaterialisationCancelled",
    "MaterialisationFailed",
    "OnDemandViewDefined",
    "OnlineValuesForgotten",
    "SkewEnded",
    "SkewFound",
    "SkewWatched",
    "TrainingSetCancelled",
    "TrainingSetDefined",
    "TrainingSetDestroyed",
    "TrainingSetFailed",
    "TrainingSetReady",
]
