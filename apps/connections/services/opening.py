"""From a connection to the source that it leads to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings as django_settings

from apps.connections.adapters import open_broker, open_source
from apps.connections.adapters.portal_broker import PortalBroker, portal_broker_at
from apps.connections.models import Connection
from apps.connections.ports import Broker, Secrets, Source
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


def broker_of(connection: Connection) -> Broker:
    """Where events wait behind a connection; nothing is asked yet."""
    return open_broker(connection.kind, connection.settings, Secrets(opened(connection)))


def portal_broker() -> Broker:
    """The portal's own broker, for one reader: it holds connections of its own."""
    return PortalBroker(django_settings.REDIS_URL)


def push(
    tenant_id: UUID, topic: str, bodies: Sequence[bytes], *, most_bytes: int, once: str = "", answer: str = ""
) -> str:
    """Add events to a key of the portal's own broker; see `PortalBroker.append`."""
    return portal_broker_at(django_settings.REDIS_URL).append(
        topic,
        bodies,
        most_bytes=most_bytes,
        house=tenant_id.hex,
        house_bytes=django_settings.SANAD_STREAMS_WAITING_MB << 20,
        once=once,
        answer=answer,
    )


def drop_pushed(tenant_id: UUID, topic: str) -> None:
    """Forget what waits under a key of the portal's own broker."""
    portal_broker_at(django_settings.REDIS_URL).drop(topic, house=tenant_id.hex)
