"""Reading whole places, for tests."""

from __future__ import annotations

from apps.connections.adapters import open_source
from apps.connections.ports import Asked, Secrets


def opened(server, scratch, kind, **settings):
    """A source on one of the databases of the tests."""
    return open_source(kind, {**server.settings, **settings}, Secrets({"password": server.password}), scratch)


def rows_of(source, place, asked=None):
    """(all rows, what was emptied)."""
    asked, rows, emptied = asked or Asked(), [], {}
    for piece in source.pieces(place, asked, source.pin(place, asked)):
        with source.read(place, asked, piece) as table:
            for batch in table.batches:
                assert batch.nbytes <= 16 << 20
                rows += batch.to_pylist()
            emptied |= table.emptied
    return rows, emptied
