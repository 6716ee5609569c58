"""Windows over events: declared, computed in batch and along a stream by one kernel, with the same rows."""

from apps.features.services.windows.advancing import advance_view, is_level
from apps.features.services.windows.computing import Sources, from_successor, rows_from_nothing
from apps.features.services.windows.events import events_table, rows_table, source_table, tables_of
from apps.features.services.windows.waking import stream_committed, wake, wake_all

__all__ = [
    "Sources",
    "advance_view",
    "events_table",
    "from_successor",
    "is_level",
    "rows_from_nothing",
    "rows_table",
    "source_table",
    "stream_committed",
    "tables_of",
    "wake",
    "wake_all",
]
