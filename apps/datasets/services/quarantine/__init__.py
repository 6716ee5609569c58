"""Rows that were set aside: seen, corrected, given up, or sent on their way once more."""

from apps.datasets.services.quarantine.mending import discard_rows, mend_rows
from apps.datasets.services.quarantine.reading import EXPORT_KINDS, Row, Rows, columns_of, export_rows, row_of, rows_of
from apps.datasets.services.quarantine.replaying import replay_rows, run_replay
from apps.datasets.services.quarantine.settling import begin_settling, settle_replay, settle_what_is_left

__all__ = [
    "EXPORT_KINDS",
    "Row",
    "Rows",
    "begin_settling",
    "columns_of",
    "discard_rows",
    "export_rows",
    "mend_rows",
    "replay_rows",
    "row_of",
    "rows_of",
    "run_replay",
    "settle_replay",
    "settle_what_is_left",
]
