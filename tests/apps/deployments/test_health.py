"""One answer to whether a deployment is well, for every page that asks."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from apps.deployments import selectors
from apps.deployments.choices import UNWELL, Health


def deployment(*revisions: tuple[str, int]) -> Any:
    """A deployment of revisions as (state, share of the traffic)."""
    rows = [SimpleNamespace(state=state, traffic_percent=share) for state, share in revisions]
    return SimpleNamespace(revisions=SimpleNamespace(all=lambda: rows))


@pytest.mark.parametrize(
    ("revisions", "answer"),
    [
        ([("ready", 100)], Health.HEALTHY),
        ([("ready", 90), ("ready", 10), ("failed", 0)], Health.HEALTHY),
        ([("ready", 90), ("failed", 10)], Health.DEGRADED),
        ([("failed", 100), ("ready", 0)], Health.UNHEALTHY),
        ([("starting", 0)], Health.STARTING),
        ([("failed", 100), ("starting", 0)], Health.STARTING),
        ([("failed", 0), ("stopped", 0)], Health.UNHEALTHY),
        ([("stopped", 0)], Health.STOPPED),
        ([], Health.STOPPED),
    ],
)
def test_what_serves_says_how_a_deployment_is(revisions, answer):
    assert selectors.health_of(deployment(*revisions), gateway_answers=True) is answer


def test_ready_replicas_behind_a_silent_gateway_are_not_called_well():
    assert selectors.health_of(deployment(("ready", 100)), gateway_answers=False) is Health.UNKNOWN


def test_what_was_stopped_on_purpose_is_not_unwell():
    assert {Health.DEGRADED, Health.UNHEALTHY} == UNWELL
