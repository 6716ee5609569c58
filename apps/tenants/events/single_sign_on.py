"""Identity providers, domains, SCIM."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from foundation import ledger


@dataclass(frozen=True, kw_only=True)
class IdentityProviderAdded(ledger.Event):
    """`protocol` is oidc or saml; addresses and names are not told."""

    kind = "identity_provider.added"
    said = _("added an identity provider (%(protocol)s)")
    icon = "id"
    provider_id: UUID
    protocol: str


@dataclass(frozen=True, kw_only=True)
class IdentityProviderChanged(ledger.Event):
    """`changed` names the fields, never their text."""

    kind = "identity_provider.changed"
    said = _("changed the identity provider")
    icon = "writing"
    provider_id: UUID
    changed: list[str]


@dataclass(frozen=True, kw_only=True)
class IdentityProviderEnabled(ledger.Event):
    kind = "identity_provider.enabled"
    said = _("enabled the identity provider")
    icon = "lock-open"
    provider_id: UUID


@dataclass(frozen=True, kw_only=True)
class IdentityProviderDisabled(ledger.Event):
    kind = "identity_provider.disabled"
    said = _("disabled the identity provider; %(sessions)s sessions ended")
    icon = "lock"
    provider_id: UUID
    sessions: int


@dataclass(frozen=True, kw_only=True)
class IdentityProviderRemoved(ledger.Event):
    kind = "identity_provider.removed"
    said = _("removed the identity provider; %(sessions)s sessions ended")
    icon = "trash"
    provider_id: UUID
    sessions: int


@dataclass(frozen=True, kw_only=True)
class IdentityProviderTested(ledger.Event):
    """A sign-in that was walked to see what comes and changed nothing; `fault` is a word, empty where all was well."""

    kind = "identity_provider.tested"
    said = _("tested the identity provider")
    icon = "flask"
    provider_id: UUID
    fault: str


@dataclass(frozen=True, kw_only=True)
class DomainClaimed(ledger.Event):
    kind = "email_domain.claimed"
    said = _("claimed an e-mail domain")
    icon = "plus"
    domain_id: UUID


@dataclass(frozen=True, kw_only=True)
class DomainProven(ledger.Event):
    """`by` is dns or operator."""

    kind = "email_domain.proven"
    said = _("proved an e-mail domain (%(by)s)")
    icon = "certificate"
    domain_id: UUID
    by: str


@dataclass(frozen=True, kw_only=True)
class DomainReleased(ledger.Event):
    kind = "email_domain.released"
    said = _("released an e-mail domain")
    icon = "x"
    domain_id: UUID


@dataclass(frozen=True, kw_only=True)
class SignedInByProvider(ledger.Event):
    kind = "sign_in.by_provider"
    said = _("signed in by the identity provider")
    icon = "id"
    provider_id: UUID
    user_id: UUID
    role: str


@dataclass(frozen=True, kw_only=True)
class LastAdministratorKept(ledger.Event):
    """Their groups over there give them less; without them nobody could mend that."""

    kind = "sign_in.last_administrator_kept"
    said = _("left the last administrator what the identity provider would have taken")
    icon = "shield-lock"
    provider_id: UUID
    membership_id: UUID
    user_id: UUID


@dataclass(frozen=True, kw_only=True)
class SignInByProviderRefused(ledger.Event):
    """`reason` is a word such as nonce, replayed or domain; who it was is not told, since it is not proven."""

    kind = "sign_in.by_provider_refused"
    said = _("refused a sign-in by the identity provider (%(reason)s)")
    icon = "hand-stop"
    provider_id: UUID
    reason: str


@dataclass(frozen=True, kw_only=True)
class StrayAnswersRefused(ledger.Event):
    """Answers that no sign-in of their browser asked for, `count` of them since the last such event of the provider;
    `reason` is the word of the last."""

    kind = "sign_in.stray_answers_refused"
    said = _("refused answers that no sign-in asked for: %(count)s, the last for “%(reason)s”")
    icon = "hand-stop"
    provider_id: UUID
    reason: str
    count: int


@dataclass(frozen=True, kw_only=True)
class SessionsEndedByProvider(ledger.Event):
    """The provider said that somebody signed out there; who, is not told."""

    kind = "sign_in.ended_by_provider"
    said = _("ended %(sessions)s sessions, because their person signed out at the identity provider")
    icon = "logout"
    provider_id: UUID
    sessions: int


@dataclass(frozen=True, kw_only=True)
class ProvisioningRefused(ledger.Event):
    """SCIM asked for what it may not do; `reason` is a word, `status` that of the answer."""

    kind = "provisioning.refused"
    said = _("refused what SCIM asked for (%(reason)s)")
    icon = "hand-stop"
    provider_id: UUID
    reason: str
    status: int
