"""What happens when a person is erased."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from foundation import ledger


@dataclass(frozen=True, kw_only=True)
class ErasureRequested(ledger.Event):
    """`subject_digest` is a keyed digest of what names the person: never the value itself."""

    kind = "dataset.erasure_requested"
    said = _("asked that a person's rows be erased; versions with them: %(version_count)s")
    icon = "trash"
    erasure_id: UUID
    subject_digest: str
    version_count: int


@dataclass(frozen=True, kw_only=True)
class PersonErased(ledger.Event):
    """`summary_digest` is that of the list of what was erased where, which the erasure's page shows and hands out."""

    kind = "dataset.person_erased"
    version = 2
    said = _("erased a person's rows; versions with them: %(version_count)s")
    icon = "trash"
    erasure_id: UUID
    subject_digest: str
    version_count: int
    view_count: int
    training_set_count: int
    log_rows: int
    left_count: int
    summary_digest: str


@dataclass(frozen=True, kw_only=True)
class ErasureResumed(ledger.Event):
    kind = "dataset.erasure_resumed"
    said = _("had the erasure of a person's rows go on")
    icon = "player-play"
    erasure_id: UUID
    subject_digest: str


@dataclass(frozen=True, kw_only=True)
class ErasureFailed(ledger.Event):
    kind = "dataset.erasure_failed"
    said = _("could not erase a person's rows")
    icon = "circle-x"
    erasure_id: UUID
    subject_digest: str
