"""What comes out of the bin: restored, or deleted for ever, by somebody or when its days are over."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from foundation import ledger


@dataclass(frozen=True, kw_only=True)
class GroupRestored(ledger.Event):
    """With so many of its people and roles; each of them has an entry of its own, too."""

    kind = "group.restored"
    said = _("restored the group from the bin")
    icon = "arrow-back-up"
    group_id: UUID
    people: int
    roles: int


@dataclass(frozen=True, kw_only=True)
class GroupDestroyed(ledger.Event):
    kind = "group.destroyed"
    said = _("deleted the group for ever, out of the bin")
    icon = "trash"
    group_id: UUID


@dataclass(frozen=True, kw_only=True)
class WebhookRestored(ledger.Event):
    """It hears what is recorded after this."""

    kind = "webhook.restored"
    said = _("restored the webhook from the bin")
    icon = "arrow-back-up"
    webhook_id: UUID
    kinds: list[str]
    project: UUID | None


@dataclass(frozen=True, kw_only=True)
class WebhookDestroyed(ledger.Event):
    kind = "webhook.destroyed"
    said = _("deleted the webhook for ever, out of the bin")
    icon = "trash"
    webhook_id: UUID


@dataclass(frozen=True, kw_only=True)
class IdentityProviderRestored(ledger.Event):
    """Disabled, with what it knew of so many people."""

    kind = "identity_provider.restored"
    said = _("restored the identity provider from the bin, disabled")
    icon = "arrow-back-up"
    provider_id: UUID
    people: int


@dataclass(frozen=True, kw_only=True)
class IdentityProviderDestroyed(ledger.Event):
    kind = "identity_provider.destroyed"
    said = _("deleted the identity provider for ever, out of the bin")
    icon = "trash"
    provider_id: UUID
