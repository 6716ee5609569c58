from __future__ import annotations

import json

import pytest

from apps.connections import services as connections
from apps.datasets import services as datasets
from apps.streams import services
from foundation import lake
from foundation.clock import now

COLUMNS = [
    {"name": "n", "type": "whole", "required": True},
    {"name": "at", "type": "time"},
    {"name": "price", "type": "number"},
    {"name": "text", "type": "text"},
]


@pytest.fixture
def dataset(scientist, project):
    return datasets.create_dataset(actor=scientist, project=project, name="Clicks")


@pytest.fixture
def make_stream(scientist, dataset):
    def make(**said):
        words = {"name": "Clicks", "columns": COLUMNS, "event_time": "at", **said}
        return services.create_stream(actor=scientist, dataset=said.pop("dataset", dataset), now=now(), **words)

    return make


@pytest.fixture
def put():
    """Events into the portal's own broker, as they are or as JSON."""

    def write(stream, *events):
        bodies = [event if isinstance(event, bytes) else json.dumps(event).encode() for event in events]
        connections.push(stream.tenant_id, stream.key, bodies, most_bytes=1 << 30)

    return write


@pytest.fixture
def drain(tenant):
    """Read what waits, by one attempt that ends; the stream as it stands then."""

    def read(stream):
        reading = services.take(tenant, stream.pk)
        try:
            while reading.turn():
                pass
        finally:
            reading.release()
        stream.refresh_from_db()
        return stream

    return read


@pytest.fixture
def rows_of():
    def read(stream, *columns):
        tables = lake.for_tenant(stream.tenant_id)
        found = tables.read(tables.current(stream.table), columns=columns or None).read_all()
        return found.column(columns[0]).to_pylist() if len(columns) == 1 else found.to_pylist()

    return read


@pytest.fixture
def aside_of():
    """What lies in quarantine: place, rule and column."""

    def read(stream):
        tables = lake.for_tenant(stream.tenant_id)
        if not tables.exists(stream.quarantine):
            return []
        rows = tables.read(tables.current(stream.quarantine)).read_all().to_pylist()
        return sorted((row["rule"], row["column"], row["body"]) for row in rows)

    return read
