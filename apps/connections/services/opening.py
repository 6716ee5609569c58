"""From a connection to the source that it leads to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from apps.connections.adapters import open_source
from apps.connections.models import Connection
from apps.connections.ports import Secrets, Source
from apps.connections.services.sealing import opened
from foundation import storage


def check_settings(kind: str, settings: Mapping[str, Any], secrets: Mapping[str, str]) -> None:
    """Invalid names what the adapter lacks, or cannot do anything with; nothing is asked."""
    open_source(kind, settings, Secrets(secrets), Path())


@contextmanager
def source_of(connection: Connection) -> Iterator[Source]:
    """The source with its secrets, and a folder for files that is gone afterwards; nothing is asked yet."""
    with storage.scratch("source") as folder:
        yield open_source(connection.kind, connection.settings, Secrets(opened(connection)), folder)
