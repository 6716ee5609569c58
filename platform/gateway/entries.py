"""One line of the inference log: taken on the request path as it is, written out beside it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import orjson

# What an entry takes beside its two bodies.
OVERHEAD_BYTES = 512


@dataclass(frozen=True, slots=True)
class Entry:
    """A prediction: `at` in Unix time; bodies as they travelled."""

    tenant_id: str
    deployment_id: str
    revision_id: str
    id: str
    at: float
    status: int
    latency_s: float
    request: bytes
    response: bytes
    event_time: str | None
    actor: str
    shadow: bool

    @property
    def size(self) -> int:
        return len(self.request) + len(self.response) + OVERHEAD_BYTES

    def as_json(self) -> bytes:
        """The blob that lies in the stream; a body that is no JSON is null there."""
        return orjson.dumps(
            {
                "id": self.id,
                "at": datetime.fromtimestamp(self.at, UTC).isoformat(),
                "deployment_id": self.deployment_id,
                "revision_id": self.revision_id,
                "status": self.status,
                "latency_ms": round(self.latency_s * 1000, 3),
                "request": _checked(self.request),
                "response": _checked(self.response),
                "event_time": self.event_time,
                "actor": self.actor,
                "shadow": self.shadow,
            }
        )


def _checked(body: bytes) -> orjson.Fragment | None:
    """The body as it is, once it is known to be JSON: a broken one would break the whole line."""
    try:
        orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    return orjson.Fragment(body)


def stream_of(tenant_id: str) -> str:
    return f"sanad:inference:{tenant_id}"
