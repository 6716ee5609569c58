"""Open alerts of one deployment and month together: what a person decides about is a month, not each feature of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Count, F, Max, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.monitoring.choices import AlertState, Severity
from apps.monitoring.selectors.causes import month, name_of
from apps.monitoring.selectors.reading import visible_alerts
from foundation.identity import Actor

_NAMED = 3


@dataclass(frozen=True)
class AlertGroup:
    """Alerts of a month, those that moved furthest first; `alert_ids` and `features` are in the same order."""

    monitor_id: UUID
    window: date
    deployment: str
    project_name: str
    project_slug: str
    alert_ids: list[UUID]
    features: list[str]
    critical: int
    raised: datetime

    @property
    def alone(self) -> UUID | None:
        """The one alert, where there is only one."""
        return self.alert_ids[0] if len(self.alert_ids) == 1 else None

    @property
    def severity(self) -> Severity:
        return Severity.CRITICAL if self.critical else Severity.WARNING

    @property
    def name(self) -> str:
        n = len(self.alert_ids)
        if n == 1:
            shown = {"feature": name_of(self.features[0]), "deployment": self.deployment}
            return _("%(feature)s moved in %(deployment)s") % shown
        said = ngettext("%(count)d thing moved in %(deployment)s", "%(count)d things moved in %(deployment)s", n)
        return said % {"count": n, "deployment": self.deployment}

    @property
    def reason(self) -> str:
        """Which, and when."""
        shown = {"month": month(self.window), "names": ", ".join(map(name_of, self.features[:_NAMED]))}
        more = len(self.features) - _NAMED
        if self.alone:
            return _("Its distribution in %(month)s is not the one that the model learned from.") % shown
        if more <= 0:
            return _("In %(month)s: %(names)s.") % shown
        said = ngettext(
            "In %(month)s: %(names)s and %(more)d more.", "In %(month)s: %(names)s and %(more)d more.", more
        )
        return said % {**shown, "more": more}


def open_alert_groups(*, actor: Actor, project_id: UUID | None = None) -> QuerySet[Any, Any]:
    """What `AlertGroup` is made of, the newest first."""
    rows = visible_alerts(actor=actor, project_id=project_id).filter(state=AlertState.OPEN).order_by()
    return (
        rows.values(
            "monitor_id",
            "window",
            deployment=F("monitor__deployment__name"),
            project_name=F("project__name"),
            project_slug=F("project__slug"),
        )
        .annotate(
            alert_ids=ArrayAgg("id", order_by=("-psi", "id")),
            features=ArrayAgg("feature", order_by=("-psi", "id")),
            critical=Count("id", filter=Q(severity=Severity.CRITICAL)),
            raised=Max("raised_at"),
        )
        .order_by("-window", "-raised", "monitor_id")
    )
