"""What happens to ingestions that are set up."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from foundation import ledger


@dataclass(frozen=True, kw_only=True)
class IngestionCreated(ledger.Event):
    kind = "ingestion.created"
    label = _("Ingestion set up")

    dataset_id: UUID
    ingestion_id: UUID


@dataclass(frozen=True, kw_only=True)
class IngestionEdited(ledger.Event):
    kind = "ingestion.edited"
    label = _("Ingestion changed")

    dataset_id: UUID
    ingestion_id: UUID


@dataclass(frozen=True, kw_only=True)
class IngestionPaused(ledger.Event):
    kind = "ingestion.paused"
    label = _("Ingestion paused")

    dataset_id: UUID
    ingestion_id: UUID


@dataclass(frozen=True, kw_only=True)
class IngestionResumed(ledger.Event):
    kind = "ingestion.resumed"
    label = _("Ingestion resumed")

    dataset_id: UUID
    ingestion_id: UUID


@dataclass(frozen=True, kw_only=True)
class IngestionDeleted(ledger.Event):
    kind = "ingestion.deleted"
    label = _("Ingestion deleted")

    dataset_id: UUID
    ingestion_id: UUID
