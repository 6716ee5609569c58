"""Writes of the feature store."""

from apps.features.services.archiving import feature_part
from apps.features.services.building import build_training_set
from apps.features.services.computing import compute_view
from apps.features.services.defining import define_entity, define_view, preview_sql
from apps.features.services.erasing import TrainingSetReach, ViewMentionReach, ViewReach
from apps.features.services.leaving import FeatureFarewell
from apps.features.services.metering import tables_measured
from apps.features.services.on_demand import (
    define_on_demand,
    functions_in_words,
    read_on_demand,
    try_definition,
    try_on_demand,
    try_on_sample,
)
from apps.features.services.online import materialise_view, read_online
from apps.features.services.relations.preview import preview_training_set
from apps.features.services.training_sets import define_training_set

__all__ = [
    "FeatureFarewell",
    "TrainingSetReach",
    "ViewMentionReach",
    "ViewReach",
    "build_training_set",
    "compute_view",
    "define_entity",
    "define_on_demand",
    "define_training_set",
    "define_view",
    "feature_part",
    "functions_in_words",
    "materialise_view",
    "preview_sql",
    "preview_training_set",
    "read_on_demand",
    "read_online",
    "tables_measured",
    "try_definition",
    "try_on_demand",
    "try_on_sample",
]
