"""What happens to connections; hosts, users and paths stay out, since they could name somebody."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from apps.connections.choices import ConnectionKind, Standing
from foundation import ledger


@dataclass(frozen=True, kw_only=True)
class ConnectionCreated(ledger.Event):
    kind = "connection.created"
    said = _("made a connection: %(leads_to)s")
    labels: ClassVar = {"leads_to": ConnectionKind}
    icon = "plug-connected"
    connection_id: UUID
    leads_to: str


@dataclass(frozen=True, kw_only=True)
class ConnectionChanged(ledger.Event):
    """`changed` names the settings, never what they say."""

    kind = "connection.changed"
    said = _("changed the connection")
    icon = "writing"
    connection_id: UUID
    changed: list[str]


@dataclass(frozen=True, kw_only=True)
class ConnectionTested(ledger.Event):
    kind = "connection.tested"
    said = _("tested the connection: %(standing)s")
    labels: ClassVar = {"standing": Standing}
    icon = "flask"
    connection_id: UUID
    standing: str


@dataclass(frozen=True, kw_only=True)
class ConnectionDeleted(ledger.Event):
    """It lies in the bin, with its secrets."""

    kind = "connection.deleted"
    said = _("deleted the connection")
    icon = "trash"
    connection_id: UUID


@dataclass(frozen=True, kw_only=True)
class ConnectionRestored(ledger.Event):
    kind = "connection.restored"
    said = _("restored the connection from the bin")
    icon = "arrow-back-up"
    connection_id: UUID


@dataclass(frozen=True, kw_only=True)
class ConnectionDestroyed(ledger.Event):
    kind = "connection.destroyed"
    said = _("deleted the connection for ever, out of the bin")
    icon = "trash"
    connection_id: UUID
