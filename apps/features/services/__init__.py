"""Writes of the feature store."""

from apps.features.services.archiving import feature_part
from apps.features.services.building import build_training_set
from apps.features.services.computing import compute_view
from apps.features.services.defining import define_entity, define_view, preview_sql
from apps.features.services.erasing import TrainingSetReach, ViewMentionReach, ViewReach
from apps.features.services.leaving import FeatureFarewell
from apps.features.services.metering import tables_measured
from apps.features.services.online import (
    admit_reader,
    begin_materialisation,
    end_readers,
    end_readers_of,
    materialise_view,
    note_forgotten,
    online_plan,
    plans_changed,
    plans_number,
    promise_freshness,
    read_online,
    read_plan,
    request_materialisation,
    watch_online,
)
from apps.features.services.training_sets import define_training_set

__all__ = [
    "FeatureFarewell",
    "TrainingSetReach",
    "ViewMentionReach",
    "ViewReach",
    "admit_reader",
    "begin_materialisation",
    "build_training_set",
    "compute_view",
    "define_entity",
    "define_training_set",
    "define_view",
    "end_readers",
    "end_readers_of",
    "feature_part",
    "materialise_view",
    "note_forgotten",
    "online_plan",
    "plans_changed",
    "plans_number",
    "preview_sql",
    "promise_freshness",
    "read_online",
    "read_plan",
    "request_materialisation",
    "tables_measured",
    "watch_online",
]
