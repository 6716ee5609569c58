"""The outbox between synchronous code and the websockets."""

from __future__ import annotations

from uuid import uuid4

import pytest

from foundation import live
from foundation.errors import Invalid
from foundation.live import publisher, topics


@pytest.fixture
def still_outbox(monkeypatch):
    """An outbox whose thread never sends."""
    outbox = publisher.Outbox()
    monkeypatch.setattr(outbox, "_run", lambda: None)
    return outbox


def test_full_outbox_forgets_the_oldest_and_counts_it(still_outbox, monkeypatch):
    monkeypatch.setattr(publisher, "OUTBOX_LIMIT", 2)
    before = publisher.DROPPED._value.get()
    for number in range(3):
        still_outbox.put("group", {"number": number})
    assert [message["number"] for _, message in still_outbox._waiting] == [1, 2]
    assert publisher.DROPPED._value.get() == before + 1


def test_forked_child_begins_with_an_empty_outbox(still_outbox):
    still_outbox.put("group", {})
    still_outbox._start_afresh()
    assert not still_outbox._waiting
    assert still_outbox._thread is None


ID = "4a7d5315-727b-489c-ad17-a924f6ba6146"


@pytest.mark.parametrize("written", ["run", "run:1", f"Run:{ID}", f"run:{ID.upper()}", "", None])
def test_malformed_topic_is_the_callers_mistake(written):
    with pytest.raises(Invalid, match="kind:id"):
        live.publish(uuid4(), written, "thing.said")


def test_group_carries_the_tenant():
    topic = topics.parse(f"run:{uuid4()}")
    assert topic.group(uuid4()) != topic.group(uuid4())


def test_kind_has_one_check_alone():
    with pytest.raises(ValueError, match="has a check already"):
        live.register_topic("job", lambda actor, job_id: None)
