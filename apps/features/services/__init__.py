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
from apps.features.services.cataloguing import (
    describe_feature,
    note_classes,
    note_on_demand,
    note_training_set,
    note_view,
)
from apps.features.services.clearing import TrainingSetBin, ask_to_remove_training_set, remove_training_set
from apps.features.services.computing import compute_view
from apps.features.services.defining import define_view, preview_sql
from apps.features.services.definitions import (
    apply_definitions,
    definitions_text,
    entity_fields,
    on_demand_fields,
    plan_definitions,
    register_section,
    service_fields,
    text_of,
    text_of_made,
    view_fields,
    view_words,
    window_fields,
)
from apps.features.services.deprecating import (
    deprecate_on_demand,
    deprecate_service,
    deprecate_view,
    restore_on_demand,
    restore_service,
    restore_view,
)
from apps.features.services.describing import describe_entity, describe_on_demand, describe_service, describe_view
from apps.features.services.drifting import drift_over_time, slice_called
from apps.features.services.entities import define_entity, entity_called
from apps.features.services.erasing import TrainingSetReach, ViewMentionReach, ViewReach, WindowReach
from apps.features.services.estimating import expect_history, expect_materialisation, expect_training_set, expect_view
from apps.features.services.following import created_said, inputs_said
from apps.features.services.foreseeing import (
    ahead_in_words,
    looked_in_words,
    proof_in_words,
    warnings_of_join,
    warnings_of_sql,
    warnings_of_view,
)
from apps.features.services.glancing import columns_sent, look_at_history
from apps.features.services.hindsight.wording import looked_at_in_words
from apps.features.services.holding import Resting, check_may_remove_service, resting_on_demand, resting_on_view
from apps.features.services.leaving import FeatureFarewell
from apps.features.services.likening import similar_by_name, similar_to_sql, there_already
from apps.features.services.meaning import check_steady, key_type_of, tell_key_types
from apps.features.services.metering import tables_measured
from apps.features.services.on_demand import (
    OnDemandOfProject,
    define_on_demand,
    functions_in_words,
    read_on_demand,
    try_definition,
    try_on_demand,
    try_on_sample,
)
from apps.features.services.online import (
    Lookups,
    admit_reader,
    begin_materialisation,
    end_lookups,
    end_readers,
    end_readers_in,
    end_readers_of,
    lend_lookups,
    lookups_of,
    materialise_view,
    may_lend_lookups,
    note_forgotten,
    online_plan,
    plans_changed,
    plans_number,
    promise_freshness,
    read_online,
    read_plan,
    request_materialisation,
    take_offline,
    watch_online,
    why_not_lent,
)
from apps.features.services.relations.preview import preview_training_set
from apps.features.services.removing import FeatureViewBin, ask_to_remove_view, remove_view
from apps.features.services.retrieving import retrieve
from apps.features.services.serving import define_service, register_on_demand
from apps.features.services.skew import check_served, put_samples, watch_skew
from apps.features.services.slicing import rows_of_slice
from apps.features.services.training_sets import define_training_set
from apps.features.services.trying import future_seen, notes_on_rows
from apps.features.services.windows import advance_view, stream_committed, wake_all
from apps.features.services.windows.defining import define_windows, preview_events
from apps.features.services.withdrawing import FeatureServiceBin, OnDemandBin, remove_on_demand, remove_service

__all__ = [
    "FeatureFarewell",
    "FeatureServiceBin",
    "FeatureViewBin",
    "Lookups",
    "OnDemandBin",
    "OnDemandOfProject",
    "Resting",
    "TrainingSetBin",
    "TrainingSetReach",
    "ViewMentionReach",
    "ViewReach",
    "WindowReach",
    "admit_reader",
    "advance_view",
    "ahead_in_words",
    "apply_definitions",
    "ask_for_history",
    "ask_to_remove_training_set",
    "ask_to_remove_view",
    "begin_materialisation",
    "build_training_set",
    "check_may_remove_service",
    "check_served",
    "check_steady",
    "columns_sent",
    "compute_view",
    "created_said",
    "define_entity",
    "define_on_demand",
    "define_service",
    "define_training_set",
    "define_view",
    "define_windows",
    "definitions_text",
    "deprecate_on_demand",
    "deprecate_service",
    "deprecate_view",
    "describe_entity",
    "describe_feature",
    "describe_on_demand",
    "describe_service",
    "describe_view",
    "drift_over_time",
    "drop_retrieval",
    "end_lookups",
    "end_readers",
    "end_readers_in",
    "end_readers_of",
    "entity_called",
    "entity_fields",
    "expect_history",
    "expect_materialisation",
    "expect_training_set",
    "expect_view",
    "feature_part",
    "forget_old_retrievals",
    "forget_retrievals_of",
    "functions_in_words",
    "future_seen",
    "inputs_said",
    "key_type_of",
    "lend_lookups",
    "look_at_history",
    "looked_at_in_words",
    "looked_in_words",
    "lookups_of",
    "materialise_view",
    "may_lend_lookups",
    "note_classes",
    "note_forgotten",
    "note_on_demand",
    "note_training_set",
    "note_view",
    "notes_on_rows",
    "on_demand_fields",
    "online_plan",
    "plan_definitions",
    "plans_changed",
    "plans_number",
    "preview_events",
    "preview_sql",
    "preview_training_set",
    "promise_freshness",
    "proof_in_words",
    "put_samples",
    "read_on_demand",
    "read_online",
    "read_plan",
    "register_on_demand",
    "register_section",
    "remove_on_demand",
    "remove_service",
    "remove_training_set",
    "remove_view",
    "request_materialisation",
    "resting_on_demand",
    "resting_on_view",
    "restore_on_demand",
    "restore_service",
    "restore_view",
    "retrieval_stream",
    "retrieve",
    "rows_of_slice",
    "service_fields",
    "similar_by_name",
    "similar_to_sql",
    "slice_called",
    "stream_committed",
    "tables_measured",
    "take_offline",
    "tell_key_types",
    "text_of",
    "text_of_made",
    "there_already",
    "try_definition",
    "try_on_demand",
    "try_on_sample",
    "view_fields",
    "view_words",
    "wake_all",
    "warnings_of_join",
    "warnings_of_sql",
    "warnings_of_view",
    "watch_online",
    "watch_skew",
    "why_not_lent",
    "window_fields",
]
