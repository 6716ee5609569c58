"""Tokens and the programs that hold them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from foundation import ledger
from foundation.access import Role


@dataclass(frozen=True, kw_only=True)
class TokenCreated(ledger.Event):
    """`purpose` is empty for a person's own token and names the run or replica that a workload's belongs to.

    `networks` counts those from which alone it opens; addresses themselves could be somebody's.
    """

    kind = "token.created"
    said = _("made a token")
    icon = "key"
    token_id: UUID
    project: UUID | None
    everything: bool
    scopes: list[str]
    purpose: str
    networks: int
    expires_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class TokenRevoked(ledger.Event):
    kind = "token.revoked"
    said = _("revoked a token")
    icon = "lock"
    token_id: UUID
    purpose: str


@dataclass(frozen=True, kw_only=True)
class ServiceAccountCreated(ledger.Event):
    kind = "service_account.created"
    said = _("made a service account with the role “%(role)s”")
    labels: ClassVar = {"role": Role}
    icon = "robot"
    service_account_id: UUID
    role: str


@dataclass(frozen=True, kw_only=True)
class ServiceAccountRoleChanged(ledger.Event):
    kind = "service_account.role_changed"
    said = _("changed the role of the service account from “%(before)s” to “%(after)s”")
    labels: ClassVar = {"before": Role, "after": Role}
    icon = "robot"
    service_account_id: UUID
    before: str
    after: str


@dataclass(frozen=True, kw_only=True)
class ServiceAccountDisabled(ledger.Event):
    kind = "service_account.disabled"
    said = _("disabled the service account; %(tokens_revoked)s tokens are void")
    icon = "lock"
    service_account_id: UUID
    tokens_revoked: int


@dataclass(frozen=True, kw_only=True)
class ServiceAccountEnabled(ledger.Event):
    kind = "service_account.enabled"
    said = _("enabled the service account again")
    icon = "lock-open"
    service_account_id: UUID
