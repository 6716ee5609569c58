"""What happens to ingestions that are set up."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from foundation import ledger


@dataclass(frozen=True, kw_only=True)
class IngestionCreated(ledger.Event):
    kind = "ingestion.created"
    said = _("set up the ingestion")
    icon = "database-import"

    dataset_id: UUID
    ingestion_id: UUID


@dataclass(frozen=True, kw_only=True)
class IngestionEdited(ledger.Event):
    kind = "ingestion.edited"
    said = _("changed the ingestion")
    icon = "writing"

    dataset_id: UUID
    ingestion_id: UUID


@dataclass(frozen=True, kw_only=True)
class IngestionPaused(ledger.Event):
    kind = "ingestion.paused"
    said = _("paused the ingestion")
    icon = "player-pause"

    dataset_id: UUID
    ingestion_id: UUID


@dataclass(frozen=True, kw_only=True)
class IngestionResumed(ledger.Event):
    kind = "ingestion.resumed"
    said = _("resumed the ingestion")
    icon = "player-play"

    dataset_id: UUID
    ingestion_id: UUID


@dataclass(frozen=True, kw_only=True)
class IngestionDeleted(ledger.Event):
    kind = "ingestion.deleted"
    said = _("deleted the ingestion")
    icon = "trash"

    dataset_id: UUID
    ingestion_id: UUID


@dataclass(frozen=True, kw_only=True)
class IngestionRestored(ledger.Event):
    kind = "ingestion.restored"
    said = _("restored the ingestion from the bin")
    icon = "arrow-back-up"
    dataset_id: UUID
    ingestion_id: UUID


@dataclass(frozen=True, kw_only=True)
class IngestionDestroyed(ledger.Event):
    kind = "ingestion.destroyed"
    said = _("deleted the ingestion for ever, out of the bin")
    icon = "trash"
    dataset_id: UUID
    ingestion_id: UUID
