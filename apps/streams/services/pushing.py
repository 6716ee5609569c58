"""Events that are sent to the portal itself, for whoever has no broker."""

from __future__ import annotations

import base64
import hashlib
import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from django.utils.translation import gettext as _

from apps.connections import services as connections
from apps.streams import policies
from apps.streams.adapters import decoder_of
from apps.streams.choices import MOST_WAITING_BYTES, Late, StreamState
from apps.streams.models import Stream
from apps.streams.services.shaping import Shape, shape
from apps.tenants import services as tenants
from foundation.errors import Conflict, Invalid
from foundation.identity import Actor

_MOST_NAMED = 100


@dataclass(frozen=True)
class Pushed:
    """How many events were taken, and which were not: by their index in what was sent, with the rule."""

    id: str
    accepted: int
    rejected: list[dict[str, Any]]


def push_events(*, actor: Actor, stream: Stream, bodies: Sequence[bytes], once: str = "") -> Pushed:
    """Take these events: they are in the dataset seconds later, each once.

    `once` names the request: sent again within a day, it gets the first one's answer and nothing is taken twice. What
    does not fit the stream is rejected here, and the rest taken all the same.
    """
    policies.check_can_push(actor, stream)
    if stream.state == StreamState.FAILED:
        raise Conflict(_("The stream has failed and takes no events. Let it go on first."))
    if not bodies:
        raise Invalid(_("There are no events in this request."))
    tenants.check_storage(tenant_id=stream.tenant_id, project_id=stream.project_id, more=sum(map(len, bodies)))
    taken, rejected = _sorted(stream, bodies)
    pushed = Pushed(uuid4().hex, len(taken), rejected)
    if not taken:
        return pushed
    words = _packed(pushed)
    # Under whose name: two programs may number their requests alike.
    name = f"{actor.token_id or actor.id}:{once}:{_digest(bodies)}" if once else ""
    said = connections.push(stream.tenant_id, stream.key, taken, most_bytes=MOST_WAITING_BYTES, once=name, answer=words)
    return _unpacked(said, rejected)


def _sorted(stream: Stream, bodies: Sequence[bytes]) -> tuple[Sequence[bytes], list[dict[str, Any]]]:
    """What is taken, and what is not: whoever sends it can still mend it. Whether it is late shows when it is read."""
    decoder = decoder_of(stream.format, bytes(stream.event_schema), stream.message)
    shaped = shape(decoder, bodies, [], Shape(stream.columns, "", stream.lateness, Late.KEEP), None)
    if not shaped.aside:
        return bodies, []
    left = {index for index, *_why in shaped.aside}
    rejected = [
        {"index": index, "rule": rule.value, "column": column, "says": str(rule.label)}
        for index, rule, column in shaped.aside
    ]
    return [body for index, body in enumerate(bodies) if index not in left], rejected


def _packed(pushed: Pushed) -> str:
    """The answer as it waits for a day: of a few kB of events it may name ten thousand that were not taken.

    Of so many it names none: the same events, which the name stands for, tell anew which they are.
    """
    named = pushed.rejected if len(pushed.rejected) <= _MOST_NAMED else None
    return base64.b64encode(zlib.compress(json.dumps([pushed.id, pushed.accepted, named]).encode())).decode()


def _unpacked(said: str, rejected: list[dict[str, Any]]) -> Pushed:
    pushed_id, accepted, named = json.loads(zlib.decompress(base64.b64decode(said)))
    return Pushed(pushed_id, accepted, rejected if named is None else named)


def _digest(bodies: Sequence[bytes]) -> str:
    digest = hashlib.sha256()
    for body in bodies:
        digest.update(len(body).to_bytes(8, "big") + body)
    return digest.hexdigest()
