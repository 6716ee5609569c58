"""Writes of the feature store."""

from apps.features.services.archiving import feature_part
from apps.features.services.asking import (
    ask_for_history,
    drop_retrieval,
    forget_old_retrievals,
    forget_retrievals_of,
    retrieval_stream,
)
from apps.features.services.building import build_training_set
from apps.features.services.computing import compute_view
from apps.features.services.defining import define_entity, define_view, preview_sql
from apps.features.services.erasing import TrainingSetReach, ViewMentionReach, ViewReach
from apps.features.services.going_online import put_online
from apps.features.services.leaving import FeatureFarewell
from apps.features.services.metering import tables_measured
from apps.features.services.online import materialise_view, read_online
from apps.features.services.retrieving import retrieve
from apps.features.services.training_sets import define_training_set

__all__ = [
    "FeatureFarewell",
    "TrainingSetReach",
    "ViewMentionReach",
    "ViewReach",
    "ask_for_history",
    "build_training_set",
    "compute_view",
    "define_entity",
    "define_training_set",
    "define_view",
    "drop_retrieval",
    "feature_part",
    "forget_old_retrievals",
    "forget_retrievals_of",
    "materialise_view",
    "preview_sql",
    "put_online",
    "read_online",
    "retrieval_stream",
    "retrieve",
    "tables_measured",
]
