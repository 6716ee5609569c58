"""What people keep for themselves, and what of it they share."""

from apps.dashboards.services.erasing import FilterMentionReach
from apps.dashboards.services.export_part import filter_part
from apps.dashboards.services.saved_filters import (
    change_filter,
    delete_filter,
    forget_person,
    open_with,
    save_filter,
)
from apps.dashboards.services.visits import dismiss_getting_started, forget_old_visits, note_visit, toggle_star

__all__ = [
    "FilterMentionReach",
    "change_filter",
    "delete_filter",
    "dismiss_getting_started",
    "filter_part",
    "forget_old_visits",
    "forget_person",
    "note_visit",
    "open_with",
    "save_filter",
    "toggle_star",
]
