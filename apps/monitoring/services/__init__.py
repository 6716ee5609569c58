"""Writes of the monitoring app."""

from apps.monitoring.services.alerts import (
    acknowledge_alert,
    acknowledge_alerts,
    configure_monitor,
    ensure_monitor,
    resolve_alert,
)
from apps.monitoring.services.draining import drain_once
from apps.monitoring.services.erasing import LogReach
from apps.monitoring.services.leaving import LogFarewell
from apps.monitoring.services.metering import logs_measured
from apps.monitoring.services.playing import Player
from apps.monitoring.services.replays import change_replay, start_replay

__all__ = [
    "LogFarewell",
    "LogReach",
    "Player",
    "acknowledge_alert",
    "acknowledge_alerts",
    "change_replay",
    "configure_monitor",
    "drain_once",
    "ensure_monitor",
    "logs_measured",
    "resolve_alert",
    "start_replay",
]
