"""Where runs and models execute: one port, an adapter per engine, chosen by COMPUTE_ENGINE."""

from foundation.engines.errors import EngineUnavailable, ImageMissing, IsolationMissing, WorkloadMissing
from foundation.engines.leaving import end_all
from foundation.engines.logs import open_log
from foundation.engines.ports import (
    LOG_PIECE,
    Capacity,
    ComputeEngine,
    Mount,
    Reason,
    Usage,
    WorkloadSpec,
    WorkloadState,
    WorkloadStatus,
)
from foundation.engines.selection import current

__all__ = [
    "LOG_PIECE",
    "Capacity",
    "ComputeEngine",
    "EngineUnavailable",
    "ImageMissing",
    "IsolationMissing",
    "Mount",
    "Reason",
    "Usage",
    "WorkloadMissing",
    "WorkloadSpec",
    "WorkloadState",
    "WorkloadStatus",
    "current",
    "end_all",
    "open_log",
]
