"""What happens to the tenants' keys, in words that say nothing of the keys themselves."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from foundation import ledger


@dataclass(frozen=True, kw_only=True)
class KeyRotated(ledger.Event):
    kind = "key.rotated"
    said = _("made key %(number)s, under which everything new is sealed")
    icon = "key"
    number: int


@dataclass(frozen=True, kw_only=True)
class KeysRewrapped(ledger.Event):
    """`mark` says by which key-encryption key, as `store:which`."""

    kind = "key.rewrapped"
    said = _("wrapped %(count)s keys anew")
    icon = "key"
    count: int
    mark: str


@dataclass(frozen=True, kw_only=True)
class ObjectsResealed(ledger.Event):
    kind = "key.objects_resealed"
    said = _("sealed %(count)s stored objects under key %(number)s")
    icon = "key"
    count: int
    number: int


@dataclass(frozen=True, kw_only=True)
class KeyBrought(ledger.Event):
    """`again` where it had been withdrawn."""

    kind = "key.brought"
    said = _("brought the organisation's own key")
    icon = "key"
    source: str
    again: bool


@dataclass(frozen=True, kw_only=True)
class KeyReleased(ledger.Event):
    kind = "key.released"
    said = _("left the keys to the portal again")
    icon = "key"


@dataclass(frozen=True, kw_only=True)
class KeyWithdrawnByTenant(ledger.Event):
    kind = "key.withdrawn"
    said = _("withdrew the organisation's own key")
    icon = "lock"


@dataclass(frozen=True, kw_only=True)
class KeyDestroyedForGood(ledger.Event):
    """`purpose` is empty for the key of objects and secrets."""

    kind = "key.destroyed"
    said = _("destroyed key %(number)s")
    icon = "trash"
    purpose: str
    number: int


@dataclass(frozen=True, kw_only=True)
class TenantShredded(ledger.Event):
    """`exposed` counts keys that backups from before the key stores still hold, under the portal's secret alone."""

    kind = "key.tenant_shredded"
    said = _("destroyed all %(keys)s keys of the organisation")
    icon = "trash"
    keys: int
    exposed: int
