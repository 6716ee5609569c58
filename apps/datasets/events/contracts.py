"""What happens to the promises of datasets."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from foundation import ledger


@dataclass(frozen=True, kw_only=True)
class ContractPublished(ledger.Event):
    kind = "dataset.contract_published"
    said = _("published the data contract")
    icon = "file-certificate"
    dataset_id: UUID
    contract_id: UUID
    number: int
    digest: str


@dataclass(frozen=True, kw_only=True)
class VersionHeld(ledger.Event):
    kind = "dataset_version.held"
    said = _("brought columns that break the data contract; the version is held")
    icon = "hand-stop"
    dataset_id: UUID
    version_id: UUID
    contract_id: UUID
    change_count: int
    consumer_count: int


@dataclass(frozen=True, kw_only=True)
class BreachSeen(ledger.Event):
    kind = "dataset_version.breach_seen"
    said = _("has seen that the data contract is broken, and agreed")
    icon = "eye"
    dataset_id: UUID
    version_id: UUID
    contract_id: UUID
    consumer_count: int
    left_count: int
