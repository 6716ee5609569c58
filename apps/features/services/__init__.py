"""Writes of the feature store."""

from apps.features.services.archiving import feature_part
from apps.features.services.building import build_training_set
from apps.features.services.computing import compute_view
from apps.features.services.defining import define_entity, define_view, preview_sql
from apps.features.services.erasing import TrainingSetReach, ViewMentionReach, ViewReach, WindowReach
from apps.features.services.leaving import FeatureFarewell
from apps.features.services.metering import tables_measured
from apps.features.services.online import materialise_view, read_online
from apps.features.services.training_sets import define_training_set
from apps.features.services.windows import advance_view, stream_committed, wake_all
from apps.features.services.windows.defining import define_windows, preview_events

__all__ = [
    "FeatureFarewell",
    "TrainingSetReach",
    "ViewMentionReach",
    "ViewReach",
    "WindowReach",
    "advance_view",
    "build_training_set",
    "compute_view",
    "define_entity",
    "define_training_set",
    "define_view",
    "define_windows",
    "feature_part",
    "materialise_view",
    "preview_events",
    "preview_sql",
    "read_online",
    "stream_committed",
    "tables_measured",
    "wake_all",
]
