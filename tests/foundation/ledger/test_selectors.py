"""Activity: who did what, only in one's own tenant, page by page."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from foundation import ledger
from foundation.errors import AccessDenied, Invalid
from foundation.ledger.selectors import last_seq
from tests.foundation.ledger.stage import DatasetArchived, RunQueued, archive, grow


@pytest.fixture
def history(scientist, officer):
    """Two datasets archived by the scientist in a project, a run queued by the officer outside it."""
    project_id, run_id, datasets = uuid4(), uuid4(), [uuid4(), uuid4()]
    for dataset_id in datasets:
        ledger.record(
            DatasetArchived(dataset_id=dataset_id),
            actor=scientist,
            project_id=project_id,
            subject=("dataset", dataset_id),
        )
    ledger.record(RunQueued(run_id=run_id), actor=officer, subject=("run", run_id))
    return project_id, run_id, datasets


def kinds(page):
    return [event.kind for event in page.events]


def test_the_newest_comes_first_also_before_it_has_its_place(history, officer):
    assert kinds(ledger.activity(officer)) == ["run.queued", "dataset.archived", "dataset.archived"]
    assert {event.seq for event in ledger.activity(officer).events} == {0}
    ledger.sequence_once()
    assert [event.seq for event in ledger.activity(officer).events] == [3, 2, 1]
    assert last_seq(tenant_id=officer.tenant_id) == 3


def test_activity_is_filtered(history, officer, scientist):
    project_id, run_id, _datasets = history
    everything = ledger.activity(officer).events
    assert kinds(ledger.activity(officer, kind="run.queued")) == ["run.queued"]
    assert len(ledger.activity(officer, kind="dataset.*").events) == 2
    assert len(ledger.activity(officer, actor_id=scientist.id).events) == 2
    assert kinds(ledger.activity(officer, subject=("run", run_id))) == ["run.queued"]
    assert len(ledger.activity(officer, project_id=project_id).events) == 2
    assert kinds(ledger.activity(officer, since=everything[0].recorded_at)) == ["run.queued"]
    assert ledger.activity(officer, until=everything[-1].recorded_at).events == []
    assert ledger.activity(officer, since=everything[0].recorded_at + timedelta(seconds=1)).events == []


def test_pages_follow_each_other_without_gap_or_repetition(history, officer):
    first = ledger.activity(officer, limit=2)
    second = ledger.activity(officer, limit=2, cursor=first.next)
    assert [*kinds(first), *kinds(second)] == ["run.queued", "dataset.archived", "dataset.archived"]
    assert len({event.id for event in [*first.events, *second.events]}) == 3
    assert (bool(first.next), second.next) == (True, "")
    with pytest.raises(Invalid, match="damaged"):
        ledger.activity(officer, cursor="nonsense")


def test_activity_needs_the_permission_and_keeps_to_tenant_and_project(history, viewer, officer, other_scientist):
    with pytest.raises(AccessDenied):
        ledger.activity(viewer)
    assert ledger.activity(other_scientist).events == []
    limited = replace(officer, project_id=history[0])
    assert len(ledger.activity(limited).events) == 2
    assert ledger.activity(limited, project_id=uuid4()).events == []


def test_events_of_a_thing_and_what_a_page_missed(history, officer):
    _, run_id, datasets = history
    assert [event.kind for event in ledger.events_of(subject=("run", run_id))] == ["run.queued"]
    assert len(ledger.events_of(subject=("dataset", datasets[0]))) == 1
    ledger.sequence_once()
    assert [event.seq for event in ledger.events_since(tenant_id=officer.tenant_id, seq=1)] == [2, 3]
    assert archive(officer.tenant).pk not in {e.id for e in ledger.events_since(tenant_id=officer.tenant_id, seq=0)}


def test_the_standing_says_how_far_the_record_is_placed_signed_and_anchored(tenant, officer, viewer):
    assert ledger.standing(officer).entries == 0
    grow(tenant, 3, checkpoint_at=[2])
    archive(tenant)
    found = ledger.standing(officer)
    assert (found.entries, found.waiting, found.unsigned, found.broken) == (3, 1, 1, "")
    [checkpoint] = found.checkpoints
    assert checkpoint.tree_size == 2
    assert [anchor.sink for anchor in checkpoint.anchors if anchor.delivered_at] == ["file"]
    with pytest.raises(AccessDenied):
        ledger.standing(viewer)
