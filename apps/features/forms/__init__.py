"""What people type to define, describe and find features and training sets."""

from apps.features.forms.describing import FeatureForm
from apps.features.forms.entities import EntityForm
from apps.features.forms.finding import FeatureFilter
from apps.features.forms.history import HistoryForm, Offer, RowsForm, ServiceOffer
from apps.features.forms.on_demand import OnDemandForm, lines_of, typed_value
from apps.features.forms.online import FreshnessForm
from apps.features.forms.registry import (
    DefinitionFileForm,
    DeprecationForm,
    DescriptionForm,
    RemovalForm,
    ServiceForm,
    tags_of,
)
from apps.features.forms.skew import SkewForm
from apps.features.forms.training_sets import TrainingSetForm
from apps.features.forms.views import ViewForm
from apps.features.forms.windows import WindowsForm

__all__ = [
    "DefinitionFileForm",
    "DeprecationForm",
    "DescriptionForm",
    "EntityForm",
    "FeatureFilter",
    "FeatureForm",
    "FreshnessForm",
    "HistoryForm",
    "Offer",
    "OnDemandForm",
    "RemovalForm",
    "RowsForm",
    "ServiceForm",
    "ServiceOffer",
    "SkewForm",
    "TrainingSetForm",
    "ViewForm",
    "WindowsForm",
    "lines_of",
    "tags_of",
    "typed_value",
]
