"""What the tenant's topic tells: that something happened, not to whom of another's project."""

from datetime import UTC, datetime
from uuid import uuid4

from foundation.ledger import RecordedEvent
from foundation.live.ledger_feed import body_of, topics_of


def event(*, project_id=None):
    return RecordedEvent(
        id=uuid4(),
        tenant_id=uuid4(),
        seq=7,
        kind="run.started",
        version=1,
        payload={},
        subject=("run", uuid4()),
        project_id=project_id,
        actor_kind="user",
        actor_id=uuid4(),
        request_id="",
        recorded_at=datetime.now(UTC),
    )


def told(one):
    return {topic.kind: body_of(one, topic) for topic in topics_of(one)}


def test_whoever_listens_to_the_tenant_alone_is_not_told_which_thing_of_a_project_it_was():
    found = told(event(project_id=uuid4()))
    assert found["tenant"] == {"seq": 7, "kind": "run.started"}
    assert found["run"]["subject"][0] == found["project"]["subject"][0] == "run"


def test_what_is_the_tenants_own_is_told_whole():
    assert told(event())["tenant"]["subject"][0] == "run"
