"""Reads of monitors, traffic, drift and alerts, each limited to what the actor may see."""

from apps.monitoring.selectors.causes import cause, month, name_of
from apps.monitoring.selectors.drifting import DriftCell, drift_cells, judged_last, levels
from apps.monitoring.selectors.groups import AlertGroup, open_alert_groups
from apps.monitoring.selectors.minutes import traffic_of_project
from apps.monitoring.selectors.reading import (
    get_alert,
    get_monitor,
    get_replay,
    monitor_of,
    replay_of,
    set_aside,
    sets_to_replay,
    traffic,
    visible_alerts,
    visible_monitors,
    visible_replays,
)

__all__ = [
    "AlertGroup",
    "DriftCell",
    "cause",
    "drift_cells",
    "get_alert",
    "get_monitor",
    "get_replay",
    "judged_last",
    "levels",
    "monitor_of",
    "month",
    "name_of",
    "open_alert_groups",
    "replay_of",
    "set_aside",
    "sets_to_replay",
    "traffic",
    "traffic_of_project",
    "visible_alerts",
    "visible_monitors",
    "visible_replays",
]
