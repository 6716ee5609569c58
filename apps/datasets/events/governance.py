"""What happens to versions after they are there: tags, legal holds, retention, a way back."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from foundation import ledger


@dataclass(frozen=True, kw_only=True)
class HoldPlaced(ledger.Event):
    """`version_id` none: the whole dataset. Why is written beside the hold, where people may read it."""

    kind = "dataset.hold_placed"
    said = _("placed it under legal hold")
    icon = "lock"
    dataset_id: UUID
    version_id: UUID | None
    hold_id: UUID
    until: str


@dataclass(frozen=True, kw_only=True)
class HoldReleased(ledger.Event):
    kind = "dataset.hold_released"
    said = _("released the legal hold")
    icon = "lock-open"
    dataset_id: UUID
    version_id: UUID | None
    hold_id: UUID


@dataclass(frozen=True, kw_only=True)
class VersionTagged(ledger.Event):
    """`before_id` is the version that had the tag so far. What it is called stands in its row."""

    kind = "dataset_version.tagged"
    said = _("gave the version a tag")
    icon = "tag"
    dataset_id: UUID
    version_id: UUID
    tag_id: UUID
    before_id: UUID | None


@dataclass(frozen=True, kw_only=True)
class VersionUntagged(ledger.Event):
    kind = "dataset_version.untagged"
    said = _("took a tag away")
    icon = "tag"
    dataset_id: UUID
    version_id: UUID
    tag_id: UUID


@dataclass(frozen=True, kw_only=True)
class RetentionSet(ledger.Event):
    """0 stands for no limit of the kind; both 0: everything stays."""

    kind = "dataset.retention_set"
    said = _("said how long versions are kept")
    icon = "history"
    dataset_id: UUID
    keep_newest: int
    keep_days: int


@dataclass(frozen=True, kw_only=True)
class VersionRetired(ledger.Event):
    """The dataset's retention rule no longer keeps it: it is destroyed."""

    kind = "dataset_version.retired"
    said = _("reached the end of its retention and is destroyed")
    icon = "history"
    dataset_id: UUID
    version_id: UUID
    digest: str


@dataclass(frozen=True, kw_only=True)
class VersionRolledBack(ledger.Event):
    """A new version with the rows of an older one, `of_id`."""

    kind = "dataset_version.rolled_back"
    said = _("brought the rows of an earlier version back")
    icon = "history"
    dataset_id: UUID
    version_id: UUID
    of_id: UUID
