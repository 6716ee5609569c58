"""Who of the platform is let in, and the archive that an organisation takes away."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

# The most hours for which a tenant lets a platform operator in.
LONGEST_SUPPORT = 72


class SupportState(TextChoices):
    """How a support access stands."""

    WAITING = "waiting", _("Waiting for the organisation")
    OPEN = "open", _("Open")
    REFUSED = "refused", _("Refused")
    ENDED = "ended", _("Ended")

    @classmethod
    def of(cls, grant: Any, now: datetime) -> SupportState:
        if grant.refused_at is not None:
            return cls.REFUSED
        if grant.ended_at is not None or (grant.ends_at is not None and grant.ends_at <= now):
            return cls.ENDED
        return cls.OPEN if grant.granted_at is not None else cls.WAITING


class SupportEnd(TextChoices):
    """By what a support access ended."""

    REVOKED = "revoked", _("taken back by the organisation")
    EXPIRED = "expired", _("its time was over")
    LEFT = "left", _("given back by the operator")


class ExportState(TextChoices):
    MAKING = "making", _("Being made")
    READY = "ready", _("Ready")
    FAILED = "failed", _("Failed")
    ERASED = "erased", _("Destroyed with a person or project that it held")


EXPORT_NEXT: dict[ExportState, frozenset[ExportState]] = {
    ExportState.MAKING: frozenset({ExportState.READY, ExportState.FAILED}),
    ExportState.READY: frozenset({ExportState.ERASED}),
    ExportState.FAILED: frozenset(),
    ExportState.ERASED: frozenset(),
}
# How long the archive of a tenant can be fetched.
EXPORT_KEPT = timedelta(days=7)
