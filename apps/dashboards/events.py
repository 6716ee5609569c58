"""What happens to saved filters that others see; neither name nor query, since both are a person's own words."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from foundation import ledger


@dataclass(frozen=True, kw_only=True)
class SavedFilterShared(ledger.Event):
    kind = "saved_filter.shared"
    said = _("shared a saved filter of the list %(path)s")
    icon = "filter"
    filter_id: UUID
    path: str


@dataclass(frozen=True, kw_only=True)
class SavedFilterChanged(ledger.Event):
    """`changed` names the fields, never what they say."""

    kind = "saved_filter.changed"
    said = _("changed a shared filter of the list %(path)s")
    icon = "filter"
    filter_id: UUID
    path: str
    changed: list[str]


@dataclass(frozen=True, kw_only=True)
class SavedFilterWithdrawn(ledger.Event):
    """Nobody but its owner sees it any more, or nobody at all."""

    kind = "saved_filter.withdrawn"
    said = _("took back a shared filter of the list %(path)s")
    icon = "filter"
    filter_id: UUID
    path: str
