"""Reads of the feature store, each limited to what the actor may see."""

from apps.features.selectors.keeping import set_tables_named, sets_over, sources_followed, view_tables_named, views_over
from apps.features.selectors.lineage import made_of_versions, made_of_views, training_set_things, view_things
from apps.features.selectors.masking import digest_for, masks_of_set, masks_of_view, profile_of_view
from apps.features.selectors.measuring import MissingMap, Piece, missing_map, over_time
from apps.features.selectors.reading import (
    check_not_destroyed,
    columns_meant,
    destroyed_in_words,
    get_training_set,
    get_view,
    leakage_in_words,
    summary,
    training_sets_of_version,
    training_table,
    versions_of_view,
    view_table,
    views_of,
    views_of_version,
    visible_entities,
    visible_training_sets,
    visible_views,
)
from apps.features.selectors.windows import WindowsProgress, progress_of

__all__ = [
    "MissingMap",
    "Piece",
    "WindowsProgress",
    "check_not_destroyed",
    "columns_meant",
    "destroyed_in_words",
    "digest_for",
    "get_training_set",
    "get_view",
    "leakage_in_words",
    "made_of_versions",
    "made_of_views",
    "masks_of_set",
    "masks_of_view",
    "missing_map",
    "over_time",
    "profile_of_view",
    "progress_of",
    "set_tables_named",
    "sets_over",
    "sources_followed",
    "summary",
    "training_set_things",
    "training_sets_of_version",
    "training_table",
    "versions_of_view",
    "view_table",
    "view_tables_named",
    "view_things",
    "views_of",
    "views_of_version",
    "views_over",
    "visible_entities",
    "visible_training_sets",
    "visible_views",
]
