"""What one websocket listens to, and how far it has certainly heard the ledger."""

from __future__ import annotations

from collections import OrderedDict
from uuid import UUID

from foundation import refusals
from foundation.errors import PortalError
from foundation.identity import Actor
from foundation.live import topics
from foundation.live.topics import Topic
from foundation.refusals import Asked

_REMEMBERED = 2048


class Listening:
    """Topics, the newest ledger number up to which nothing is missing, and what was sent lately."""

    def __init__(self) -> None:
        self.topics: set[Topic] = set()
        self.seq: int | None = None
        self._sent: OrderedDict[tuple[str, int], None] = OrderedDict()

    def is_new(self, topic: str, seq: int) -> bool:
        """Whether this event was not sent on this topic yet: it may come both live and out of the ledger."""
        if (topic, seq) in self._sent:
            return False
        self._sent[(topic, seq)] = None
        if len(self._sent) > _REMEMBERED:
            self._sent.popitem(last=False)
        return True

    def groups(self, tenant_id: UUID) -> list[str]:
        return [topic.group(tenant_id) for topic in self.topics]


def judge(actor: Actor, written: list[object]) -> tuple[list[Topic], dict[str, str]]:
    """Of the topics asked for, those that the actor may listen to, and a sentence for each other one."""
    allowed: list[Topic] = []
    refused: dict[str, str] = {}
    for asked in written:
        try:
            topic = topics.parse(asked)
            _check(actor, topic)
        except PortalError as refusal:
            refused[str(asked)[:80]] = refusal.sentence
        else:
            allowed.append(topic)
    return allowed, refused


def _check(actor: Actor, topic: Topic) -> None:
    """Ask the topic's own check; who may not listen is recorded as refused. A kind that nobody knows is a slip."""
    try:
        topics.check(actor, topic)
    except PortalError as refusal:
        if topics.is_known(topic.kind) and refusals.is_recorded(refusal.status, refusal.slug):
            at = f"ws/{topic.kind}"
            ids = {"topic": topic.id}
            asked = Asked.at(at, method="SUBSCRIBE", status=refusal.status, reason=refusal.slug, ids=ids)
            refusals.note(actor, asked)
        raise
