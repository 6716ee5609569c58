"""Writes of the feature store."""

from apps.features.services.archiving import feature_part
from apps.features.services.building import build_training_set
from apps.features.services.cataloguing import describe_feature, note_classes, note_training_set, note_view
from apps.features.services.computing import compute_view
from apps.features.services.defining import define_entity, define_view, preview_sql
from apps.features.services.erasing import TrainingSetReach, ViewMentionReach, ViewReach
from apps.features.services.leaving import FeatureFarewell
from apps.features.services.likening import similar_to_sql
from apps.features.services.metering import tables_measured
from apps.features.services.online import materialise_view, read_online
from apps.features.services.training_sets import define_training_set

__all__ = [
    "FeatureFarewell",
    "TrainingSetReach",
    "ViewMentionReach",
    "ViewReach",
    "build_training_set",
    "compute_view",
    "define_entity",
    "define_training_set",
    "define_view",
    "describe_feature",
    "feature_part",
    "materialise_view",
    "note_classes",
    "note_training_set",
    "note_view",
    "preview_sql",
    "read_online",
    "similar_to_sql",
    "tables_measured",
]
