"""Who comes in, who tried to, and what administrators did for members who could not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from apps.tenants.choices import SignInMethod
from foundation import ledger


@dataclass(frozen=True, kw_only=True)
class SignedIn(ledger.Event):
    """Told to each tenant that the session opens; by an identity provider, to its own (`SignedInByProvider`)."""

    kind = "sign_in.done"
    said = _("signed in (%(method)s)")
    labels: ClassVar = {"method": SignInMethod}
    icon = "user"
    membership_id: UUID
    user_id: UUID
    method: str
    second_factor: bool


@dataclass(frozen=True, kw_only=True)
class SignInsFailed(ledger.Event):
    """`count` attempts under a member's name since `since`; who tried is not known, so the portal is the actor."""

    kind = "sign_in.failed"
    said = _("refused sign-ins under a member's name, counted %(count)s")
    icon = "hand-stop"
    membership_id: UUID
    user_id: UUID
    count: int
    since: datetime


@dataclass(frozen=True, kw_only=True)
class SignInLocked(ledger.Event):
    """Too many attempts failed; who tried is not known, and the address is somebody's, so neither is here."""

    kind = "sign_in.locked"
    said = _("hears no sign-ins of a member for a while: too many attempts failed")
    icon = "lock"
    membership_id: UUID
    user_id: UUID


@dataclass(frozen=True, kw_only=True)
class SignInUnlocked(ledger.Event):
    kind = "sign_in.unlocked"
    said = _("let a member try again whose sign-ins had failed too often")
    icon = "lock-open"
    membership_id: UUID
    user_id: UUID


@dataclass(frozen=True, kw_only=True)
class PasswordLinkMade(ledger.Event):
    kind = "membership.password_link_made"
    said = _("made a link with which a member sets a new password")
    icon = "key"
    membership_id: UUID
    user_id: UUID
    expires: datetime


@dataclass(frozen=True, kw_only=True)
class PasswordSetByLink(ledger.Event):
    """Whoever held the link did it; the person is taken for them, as at the door."""

    kind = "membership.password_set_by_link"
    said = _("set a new password by a link")
    icon = "key"
    membership_id: UUID
    user_id: UUID


@dataclass(frozen=True, kw_only=True)
class FactorsTaken(ledger.Event):
    """An administrator's act, for a member who lost them all."""

    kind = "membership.factors_taken"
    said = _("took the second factors of a member away")
    icon = "lock-open"
    membership_id: UUID
    user_id: UUID
    factors: list[str]
