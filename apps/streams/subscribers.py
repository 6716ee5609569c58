"""Who may listen to a stream, and which tables streams keep."""

from __future__ import annotations

from apps.connections import services as connections
from apps.streams import selectors
from foundation import live
from foundation.lake import keeping


def register() -> None:
    live.register_topic("stream", check=lambda actor, pk: selectors.get_stream(actor=actor, stream_id=pk))
    connections.register_readers("stream", lambda connection: selectors.streams_through(connection.pk))
    keeping.register("sq_", over=selectors.quarantines_over, grows=True)
