from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class VersionState(TextChoices):
    INGESTING = "ingesting", _("Ingesting")
    REVIEW = "review", _("In review")
    READY = "ready", _("Ready")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")
    UNCHANGED = "unchanged", _("Nothing new")
    DISCARDED = "discarded", _("Discarded")
    DESTROYING = "destroying", _("Being destroyed")
    DESTROYED = "destroyed", _("Destroyed")


NEXT: dict[VersionState, frozenset[VersionState]] = {
    VersionState.INGESTING: frozenset(
        {VersionState.REVIEW, VersionState.FAILED, VersionState.CANCELLED, VersionState.UNCHANGED}
    ),
    VersionState.REVIEW: frozenset({VersionState.READY, VersionState.DISCARDED, VersionState.DESTROYING}),
    VersionState.READY: frozenset({VersionState.DESTROYING}),
    VersionState.FAILED: frozenset(),
    VersionState.CANCELLED: frozenset(),
    VersionState.UNCHANGED: frozenset(),
    VersionState.DISCARDED: frozenset({VersionState.DESTROYING}),
    VersionState.DESTROYING: frozenset({VersionState.DESTROYED}),
    VersionState.DESTROYED: frozenset(),
}
