"""Writes of the experiments app."""

from apps.experiments.services.archiving import leave_mlflow, run_part
from apps.experiments.services.cancelling import cancel_run
from apps.experiments.services.ending import fail_run
from apps.experiments.services.erasing import RunReach
from apps.experiments.services.estimating import estimate_choices, estimate_run
from apps.experiments.services.executing import execute_run
from apps.experiments.services.leaving import RunFarewell
from apps.experiments.services.relaying import Asked, relay
from apps.experiments.services.resources import (
    admission,
    begin_usage,
    check_may_begin,
    checked_resource_class,
    offered_resource_classes,
)
from apps.experiments.services.splitting import suggested as suggested_split
from apps.experiments.services.starting import repeat_run, start_run
from apps.experiments.services.streaming import arrow_stream
from apps.experiments.services.workload import run_spec

__all__ = [
    "Asked",
    "RunFarewell",
    "RunReach",
    "admission",
    "arrow_stream",
    "begin_usage",
    "cancel_run",
    "check_may_begin",
    "checked_resource_class",
    "estimate_choices",
    "estimate_run",
    "execute_run",
    "fail_run",
    "leave_mlflow",
    "offered_resource_classes",
    "relay",
    "repeat_run",
    "run_part",
    "run_spec",
    "start_run",
    "suggested_split",
]
