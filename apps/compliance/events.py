from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from foundation import ledger


@dataclass(frozen=True, kw_only=True)
class ReportRequested(ledger.Event):
    kind = "report.requested"
    said = _("asked for a report")
    icon = "message"
    report_id: UUID
    model_version_id: UUID


@dataclass(frozen=True, kw_only=True)
class ReportMade(ledger.Event):
    """Both editions by their SHA-256, and the place of the chain up to which the report speaks."""

    kind = "report.made"
    said = _("had the report made, with its digests on the ledger")
    icon = "file-certificate"
    report_id: UUID
    model_version_id: UUID
    pdf_digest: str
    html_digest: str
    ledger_entries: int
    ledger_hash: str
    ledger_whole: bool
    proven: int
    checked: int
    unproven: int
    missing: int


@dataclass(frozen=True, kw_only=True)
class ReportFailed(ledger.Event):
    kind = "report.failed"
    said = _("could not make the report")
    icon = "circle-x"
    report_id: UUID


@dataclass(frozen=True, kw_only=True)
class ReportCancelled(ledger.Event):
    kind = "report.cancelled"
    said = _("cancelled the report")
    icon = "player-stop"
    report_id: UUID
