"""What the steps of a stream put online is held against loss as a whole materialisation is."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from apps.features import selectors, services
from apps.features.adapters.valkey import ValkeyOnlineStore
from apps.features.services.online import online_store, online_view
from apps.features.services.windows import advancing
from foundation import clock
from foundation.errors import Unavailable
from foundation.jobs.models import Job, JobState
from foundation.tenancy import scope
from tests.apps.features.windows.conftest import told

pytestmark = pytest.mark.django_db(transaction=True)
COUNT = [{"name": "n", "function": "count", "column": "", "seconds": 3600}]


def event(minute):
    """Within the hour that is counted."""
    since = clock.now() - timedelta(minutes=30 - minute)
    at = (since.replace(tzinfo=None) - datetime(2024, 1, 1)) // timedelta(microseconds=1)
    return {"who": "a", "at": at, "known": at, "x": 1.0, "i": 1, "w": "x"}


@pytest.fixture
def stream(events_stream, monkeypatch):
    monkeypatch.setattr(advancing, "_PAUSE", advancing.timedelta())
    return events_stream(event(1))


@pytest.fixture
def view(stream, define_windows):
    return define_windows(COUNT, stream_id=stream.pk)


def counted(actor, view):
    [answer] = services.read_online(actor=actor, view_ids=[view.pk], entities=[{"who": "a"}])
    return answer["features"]["n"]


def waiting():
    return Job.objects.filter(name="features.materialise_view", state=JobState.QUEUED).count()


def copy_of(view):
    client, prefix = online_store()._client, online_view(view).prefix
    return {name: client.get(name) for name in client.scan_iter() if name.startswith(prefix)}


def test_a_store_that_lost_a_step_is_filled_again(stream, view, put, drain, run_jobs, scientist):
    """It came back with a copy of before the step: its marker is of the same materialisation, and too old."""
    older = copy_of(view)
    put(stream, told(event(2)))
    drain(stream)
    run_jobs()
    assert counted(scientist, view) == 2
    services.watch_online(now=clock.now())
    assert waiting() == 0, "nothing was lost"
    online_store()._client.mset(older)
    assert counted(scientist, view) == 1
    services.watch_online(now=clock.now())
    assert waiting() == 1
    run_jobs()
    assert counted(scientist, view) == 2


def test_the_beat_looks_at_a_view_that_follows_a_stream_from_outside_of_any_tenant(view, scientist):
    """As it runs: whatever it reads of a view it reads in the tenant's scope, or the look ends for all of its views."""
    assert view.online_at is not None and view.follow
    services.promise_freshness(actor=scientist, view_id=view.pk, seconds=1)
    with scope(None):
        services.watch_online(now=clock.now() + timedelta(days=9000))
    assert selectors.stale_views(actor=scientist).get() == view


def test_a_step_whose_values_are_lost_while_they_are_written_is_not_done(
    stream, view, put, drain, handle, scientist, monkeypatch
):
    write_as = ValkeyOnlineStore.write_as

    def losing(self, pairs, **fence):
        there = write_as(self, pairs, **fence)
        self.drop([name for name, _value in pairs])
        return there

    put(stream, told(event(2)))
    drain(stream)
    monkeypatch.setattr(ValkeyOnlineStore, "write_as", losing)
    with pytest.raises(Unavailable, match="lost values"):
        services.advance_view(job=handle, view_id=view.pk)
    monkeypatch.setattr(ValkeyOnlineStore, "write_as", write_as)
    view.refresh_from_db()
    assert view.follow["online_step"] < view.follow["step"]
    services.advance_view(job=handle, view_id=view.pk)
    assert counted(scientist, view) == 2
