"""How people prove who they are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from apps.tenants.choices import FactorKind
from foundation import ledger


@dataclass(frozen=True, kw_only=True)
class FactorAdded(ledger.Event):
    """A person's own act, told to every tenant that they belong to."""

    kind = "membership.factor_added"
    said = _("set up a second factor: %(factor)s")
    labels: ClassVar = {"factor": FactorKind}
    icon = "shield-check"
    membership_id: UUID
    user_id: UUID
    factor: str


@dataclass(frozen=True, kw_only=True)
class FactorRemoved(ledger.Event):
    kind = "membership.factor_removed"
    said = _("removed a second factor: %(factor)s")
    labels: ClassVar = {"factor": FactorKind}
    icon = "lock-open"
    membership_id: UUID
    user_id: UUID
    factor: str


@dataclass(frozen=True, kw_only=True)
class RecoveryCodesRenewed(ledger.Event):
    kind = "membership.recovery_codes_renewed"
    said = _("made new recovery codes")
    icon = "refresh"
    membership_id: UUID
    user_id: UUID


@dataclass(frozen=True, kw_only=True)
class RecoveryCodeUsed(ledger.Event):
    kind = "membership.recovery_code_used"
    said = _("signed in with a recovery code")
    icon = "key"
    membership_id: UUID
    user_id: UUID


@dataclass(frozen=True, kw_only=True)
class PasswordChanged(ledger.Event):
    kind = "membership.password_changed"
    said = _("changed their password")
    icon = "key"
    membership_id: UUID
    user_id: UUID


@dataclass(frozen=True, kw_only=True)
class SignInRulesChanged(ledger.Event):
    kind = "tenant.sign_in_rules_changed"
    said = _("changed how members sign in")
    icon = "lock"
    tenant_id: UUID
    second_factor: bool
    due: datetime | None
