"""The rows of the feature store."""

from apps.features.models.deprecations import DeprecationNotice
from apps.features.models.entities import Entity
from apps.features.models.features import Feature
from apps.features.models.materialisations import Materialisation, PlanTable
from apps.features.models.on_demand import OnDemandView
from apps.features.models.retrievals import Retrieval
from apps.features.models.services import FeatureService
from apps.features.models.skew import SkewCheck
from apps.features.models.training_sets import TrainingSet
from apps.features.models.views import FeatureView

__all__ = [
    "DeprecationNotice",
    "Entity",
    "Feature",
    "FeatureService",
    "FeatureView",
    "Materialisation",
    "OnDemandView",
    "PlanTable",
    "Retrieval",
    "SkewCheck",
    "TrainingSet",
]
