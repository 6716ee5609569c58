"""Ledger events on their topics: as they are placed, and again for a page that comes back after a gap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from foundation.ledger import RecordedEvent, selectors
from foundation.live.publisher import send_to_topic
from foundation.live.topics import Topic

_BATCH = 500
# A page that missed more than this asks for itself anew instead of hearing it piece by piece.
RETOLD_AT_MOST = 4 * _BATCH


@dataclass(frozen=True)
class Missed:
    """Messages for each topic in the ledger's order, up to entry `head`; not `complete` where there were too many."""

    messages: list[tuple[Topic, dict[str, Any]]]
    head: int
    complete: bool = True


def publish_placed(event: RecordedEvent) -> None:
    """Given to the ledger's sequencer: each event goes to its subject, its project and its tenant."""
    for topic in topics_of(event):
        send_to_topic(event.tenant_id, topic, body_of(event, topic))


def missed_since(tenant_id: UUID, topics: Sequence[Topic], since: int | None) -> Missed:
    """What was placed on these topics after entry `since`; nothing, but where the ledger ends, where that is None."""
    head = selectors.last_seq(tenant_id=tenant_id)
    if since is None or since >= head or not topics:
        return Missed([], head)
    wanted, messages, told = set(topics), [], since
    while told < head:
        batch = selectors.events_since(tenant_id=tenant_id, seq=told, limit=_BATCH)
        if not batch:
            break
        told = batch[-1].seq
        messages += [(topic, body_of(event, topic)) for event in batch for topic in topics_of(event) if topic in wanted]
        if told - since >= RETOLD_AT_MOST and told < head:
            return Missed([], head, complete=False)
    return Missed(messages, max(head, told))


def topics_of(event: RecordedEvent) -> list[Topic]:
    kind, subject_id = event.subject
    found = [Topic(kind, subject_id)]
    if event.project_id is not None and kind != "project":
        found.append(Topic("project", event.project_id))
    if kind != "tenant":
        found.append(Topic("tenant", event.tenant_id))
    return found


def body_of(event: RecordedEvent, topic: Topic) -> dict[str, Any]:
    """What a page is told; every member may listen to the tenant, and not every member sees each project's things."""
    kind, subject_id = event.subject
    body = {"seq": event.seq, "kind": event.kind}
    hidden = topic.kind == "tenant" and event.project_id is not None
    return body if hidden else {**body, "subject": [kind, str(subject_id)]}
