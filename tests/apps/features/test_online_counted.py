"""Values are called online once the store has them and the lake has no more keys; what comes back older is found."""

from __future__ import annotations

from datetime import datetime

import pytest

from apps.dashboards import selectors as dashboards
from apps.features import services
from apps.features.adapters.valkey import ValkeyOnlineStore
from apps.features.choices import MaterialisationState
from apps.features.services.online import begin_materialisation, online_store, online_view, rows
from foundation import clock
from foundation.errors import Conflict
from tests.apps.features.test_online import AA, DLX, queued, read, rewrite, row_of
from tests.support.history import acts_on


def test_a_store_that_says_yes_and_keeps_nothing_is_not_called_full(view, scientist, run_jobs, monkeypatch):
    """The count that comes back is what was asked for, and no value is there."""
    before = view.online_at
    monkeypatch.setattr(ValkeyOnlineStore, "write_as", lambda self, pairs, **_fence: len(pairs))
    services.request_materialisation(actor=scientist, view_id=view.pk)
    run_jobs()
    view.refresh_from_db()
    assert (row_of(view).state, view.online_at) == (MaterialisationState.RUNNING, before)
    monkeypatch.undo()
    run_jobs(also_later=True)
    assert (row_of(view).state, row_of(view).keys_written) == (MaterialisationState.DONE, 2)


@pytest.mark.parametrize("kind", ["full", "incremental"])
def test_keys_that_were_not_read_are_missed_by_the_count_in_the_lake(view, scientist, run_jobs, monkeypatch, kind):
    if kind == "incremental":
        rewrite(view, ("AA", datetime(2015, 1, 1), 61), ("CC", datetime(2015, 1, 1), 1), mode="append")
    timelines = rows.Rows.timelines

    def losing(self, online, chunk):
        for names, found in timelines(self, online, chunk):
            yield names[1:], found[1:]

    monkeypatch.setattr(rows.Rows, "timelines", losing)
    running = begin_materialisation(actor=scientist, view=view) if kind == "incremental" else None
    running = running or services.request_materialisation(actor=scientist, view_id=view.pk)
    run_jobs()
    running.refresh_from_db()
    assert (running.state, running.kind) == (MaterialisationState.RUNNING, kind)
    monkeypatch.undo()
    run_jobs(also_later=True)
    running.refresh_from_db()
    assert (running.state, running.keys_written) == (MaterialisationState.DONE, 2)
    assert read(scientist, view, AA)[0]["features"] == {"recent_delay": 61 if kind == "incremental" else 50}


def test_a_store_that_came_back_with_an_older_copy_is_filled_again(view, scientist, run_jobs):
    """Its marker is there, and so are values: of before the last materialisation, whose writes were lost."""
    client, prefix = online_store()._client, online_view(view).prefix
    older = {name: client.get(name) for name in client.scan_iter() if name.startswith(prefix)}
    marker = online_view(view).marker
    older[marker] = client.get(marker)
    rewrite(view, ("AA", datetime(2015, 1, 1), 61), mode="append")
    begin_materialisation(actor=scientist, view=view)
    run_jobs()
    assert read(scientist, view, AA)[0]["features"] == {"recent_delay": 61}
    services.watch_online(now=clock.now())
    assert queued() == 0, "nothing was lost"
    client.mset(older)
    for _again in range(2):
        services.watch_online(now=clock.now())
        assert queued() == 1
    run_jobs()
    assert read(scientist, view, AA, DLX)[0]["features"] == {"recent_delay": 61}
    assert acts_on("feature_view", view)[-2][0] == "feature_view.forgotten"


def test_values_that_could_not_be_put_online_wait_for_somebody(view, scientist, run_jobs, monkeypatch):
    """Nothing that was online before grows older than expected by it, and of what never was there is no age."""

    def refused(self, online, chunk):
        raise Conflict("The rows cannot be read.")

    def waiting():
        found = dashboards.waiting(actor=scientist, now=clock.now())
        return [(one.id, one.reason) for one in found if one.kind == "feature_view"]

    monkeypatch.setattr(rows.Rows, "timelines", refused)
    services.request_materialisation(actor=scientist, view_id=view.pk)
    run_jobs()
    assert row_of(view).state == MaterialisationState.FAILED
    assert waiting() == [(view.pk, "Its newest values could not be put online: The rows cannot be read.")]
    monkeypatch.undo()
    services.request_materialisation(actor=scientist, view_id=view.pk)
    run_jobs()
    assert waiting() == []
