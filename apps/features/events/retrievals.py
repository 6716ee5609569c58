from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from foundation import ledger


@dataclass(frozen=True, kw_only=True)
class RetrievalAsked(ledger.Event):
    """Rows were asked for with the features of their time; where `ignores_known_since`, corrections are seen early."""

    kind = "retrieval.asked"
    said = _("asked for features of the past")
    icon = "table"
    retrieval_id: UUID
    view_ids: tuple[UUID, ...]
    base_version_id: UUID | None
    ignores_known_since: bool


@dataclass(frozen=True, kw_only=True)
class RetrievalReady(ledger.Event):
    kind = "retrieval.ready"
    said = _("joined %(row_count)s rows and counted %(leakage_violations)s leaked values")
    icon = "shield-check"
    retrieval_id: UUID
    row_count: int
    leakage_violations: int


@dataclass(frozen=True, kw_only=True)
class RetrievalFailed(ledger.Event):
    kind = "retrieval.failed"
    said = _("could not make it")
    icon = "circle-x"
    retrieval_id: UUID


@dataclass(frozen=True, kw_only=True)
class RetrievalCancelled(ledger.Event):
    kind = "retrieval.cancelled"
    said = _("cancelled making it")
    icon = "player-stop"
    retrieval_id: UUID


@dataclass(frozen=True, kw_only=True)
class RetrievalRead(ledger.Event):
    """Whoever asked has downloaded the rows, as they may see them."""

    kind = "retrieval.read"
    said = _("downloaded the rows")
    icon = "download"
    retrieval_id: UUID
    form: str
