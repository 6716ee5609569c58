"""Writes of the experiments app."""

from apps.experiments.services.cancelling import cancel_run
from apps.experiments.services.ending import fail_run
from apps.experiments.services.executing import execute_run
from apps.experiments.services.relaying import Asked, relay
from apps.experiments.services.splitting import suggested as suggested_split
from apps.experiments.services.starting import repeat_run, start_run
from apps.experiments.services.streaming import arrow_stream
from apps.experiments.services.workload import run_spec

__all__ = [
    "Asked",
    "arrow_stream",
    "cancel_run",
    "execute_run",
    "fail_run",
    "relay",
    "repeat_run",
    "run_spec",
    "start_run",
    "suggested_split",
]
