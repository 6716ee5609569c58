"""What happens to expectations, and to the rows that they set aside."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from foundation import ledger


@dataclass(frozen=True, kw_only=True)
class SuiteSaved(ledger.Event):
    kind = "dataset.suite_saved"
    said = _("changed what is expected of the rows")
    icon = "clipboard-check"
    dataset_id: UUID
    suite_id: UUID
    number: int
    digest: str
    expectation_count: int


@dataclass(frozen=True, kw_only=True)
class VersionValidated(ledger.Event):
    kind = "dataset_version.validated"
    said = _("checked the rows: of %(expectation_count)s expectations %(failed_count)s failed")
    icon = "clipboard-check"
    dataset_id: UUID
    version_id: UUID
    suite_id: UUID
    suite_digest: str
    report_digest: str
    outcome: str
    row_count: int
    expectation_count: int
    failed_count: int


@dataclass(frozen=True, kw_only=True)
class RowsQuarantined(ledger.Event):
    kind = "dataset_version.rows_quarantined"
    said = _("set rows aside: %(row_count)s")
    icon = "hand-stop"
    dataset_id: UUID
    version_id: UUID
    quarantine_id: UUID
    row_count: int


@dataclass(frozen=True, kw_only=True)
class RowsMended(ledger.Event):
    kind = "dataset_version.rows_mended"
    said = _("corrected rows in quarantine")
    icon = "writing"
    dataset_id: UUID
    version_id: UUID
    quarantine_id: UUID
    row_count: int


@dataclass(frozen=True, kw_only=True)
class QuarantineDiscarded(ledger.Event):
    """Why stands with the event's reader alone as a digest: a reason is free text and may name somebody."""

    kind = "dataset_version.quarantine_discarded"
    said = _("discarded rows in quarantine")
    icon = "trash"
    dataset_id: UUID
    version_id: UUID
    quarantine_id: UUID
    row_count: int
    reason_digest: str


@dataclass(frozen=True, kw_only=True)
class ReplayStarted(ledger.Event):
    kind = "dataset_version.replay_started"
    said = _("began to replay rows out of quarantine")
    icon = "rotate-clockwise"
    dataset_id: UUID
    version_id: UUID
    quarantine_id: UUID
    base_id: UUID | None
    row_count: int


@dataclass(frozen=True, kw_only=True)
class RowsReplayed(ledger.Event):
    """They lie in a version that is ready now, or in its quarantine, and no longer where they were."""

    kind = "dataset_version.rows_replayed"
    said = _("took rows out of quarantine")
    icon = "check"
    dataset_id: UUID
    version_id: UUID
    quarantine_id: UUID
    into_id: UUID
    row_count: int
