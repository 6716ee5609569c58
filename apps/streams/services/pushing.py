"""Events that are sent to the portal itself, for whoever has no broker."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from django.utils.translation import gettext as _

from apps.connections import services as connections
from apps.streams import policies
from apps.streams.choices import MOST_EVENT_BYTES, MOST_PUSHED, MOST_WAITING_BYTES, Rule, StreamState
from apps.streams.models import Stream
from apps.tenants import services as tenants
from foundation.errors import Conflict, Invalid
from foundation.identity import Actor


@dataclass(frozen=True)
class Pushed:
    """How many events were taken, and which were not: by their index in what was sent, with the rule."""

    id: str
    accepted: int
    rejected: list[dict[str, Any]]


def push_events(*, actor: Actor, stream: Stream, bodies: Sequence[bytes], once: str = "") -> Pushed:
    """Take these events: they are in the dataset seconds later, each once.

    `once` names the request: sent again within a day, it gets the first one's answer and nothing is taken twice. What
    is too large is rejected here; what does not fit the stream's columns goes to its quarantine.
    """
    policies.check_can_push(actor, stream)
    if stream.state == StreamState.FAILED:
        raise Conflict(_("The stream has failed and takes no events. Let it go on first."))
    if not bodies:
        raise Invalid(_("There are no events in this request."))
    if len(bodies) > MOST_PUSHED:
        sentence = _("One request holds %(most)s events at most; send the rest in another one.")
        raise Invalid(sentence % {"most": f"{MOST_PUSHED:,}"})
    tenants.check_storage(tenant_id=stream.tenant_id, project_id=stream.project_id, more=sum(map(len, bodies)))
    rejected = [
        {"index": index, "rule": Rule.TOO_LARGE.value, "says": str(Rule.TOO_LARGE.label)}
        for index, body in enumerate(bodies)
        if len(body) > MOST_EVENT_BYTES
    ]
    taken = [body for body in bodies if len(body) <= MOST_EVENT_BYTES]
    pushed = Pushed(uuid4().hex, len(taken), rejected)
    if not taken:
        return pushed
    words = json.dumps([pushed.id, pushed.accepted, pushed.rejected])
    # Under whose name: two programs may number their requests alike.
    name = f"{actor.token_id or actor.id}:{once}" if once else ""
    said = connections.push(stream.key, taken, most_bytes=MOST_WAITING_BYTES, once=name, answer=words)
    return Pushed(*json.loads(said))
