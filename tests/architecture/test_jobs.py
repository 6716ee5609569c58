"""Every job of a room says what its cancellation means there."""

from __future__ import annotations

from foundation.jobs import registry


def test_every_job_has_a_cancel_hook_of_its_own():
    ours = [name for name in registry._jobs if not name.startswith("probe.")]
    assert ours
    assert [name for name in ours if not registry._cancel_hooks.get(name)] == []
