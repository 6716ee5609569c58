"""Which engine the portal uses is one word in the environment."""

from __future__ import annotations

import pytest
from django.core.exceptions import ImproperlyConfigured

from foundation import engines
from foundation.engines.ports import Reason, WorkloadState, WorkloadStatus


@pytest.fixture(autouse=True)
def anew():
    engines.current.cache_clear()
    yield
    engines.current.cache_clear()


@pytest.mark.parametrize("name", ["process", "docker"])
def test_the_engine_is_chosen_by_name(name, settings, tmp_path):
    settings.COMPUTE_ENGINE, settings.SANAD_HOME, settings.SANAD_RUN = name, tmp_path, tmp_path / "run"
    assert engines.current().name == name
    assert engines.current() is engines.current()


def test_an_unknown_engine_is_said_at_once(settings):
    settings.COMPUTE_ENGINE = "slurm"
    with pytest.raises(ImproperlyConfigured, match="knows 'process' and 'docker'"):
        engines.current()


@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_has_a_sentence(reason):
    assert WorkloadStatus(WorkloadState.FAILED, 1, reason, memory_mb=512).sentence.endswith(".")


@pytest.mark.parametrize("state", list(WorkloadState))
def test_every_state_has_a_sentence(state):
    assert WorkloadStatus(state, 1).sentence.endswith(".")
