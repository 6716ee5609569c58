from __future__ import annotations

from functools import cached_property
from typing import Any
from uuid import UUID

import django_filters
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django_tables2 import Column

from apps.monitoring import selectors
from apps.monitoring.choices import AlertState, DriftLevel, Severity
from foundation.web.cells import name_cell, state_cell
from foundation.web.tables import PortalTable
from foundation.web.templatetags.sanad_format import ago, number

_RIGHT = {"td": {"class": "s-num"}, "th": {"class": "s-num"}}


class MonitorTable(PortalTable):
    title = _("Monitors")
    also = ("moved_at", "drifted_at")
    name = Column(verbose_name=_("Deployment"), accessor="deployment__name")
    level = Column(verbose_name=_("Newest month"), empty_values=(), orderable=False)
    open_alerts = Column(verbose_name=_("Open alerts"), attrs=_RIGHT)
    model = Column(verbose_name=_("Model"), accessor="deployment__model__name")
    thresholds = Column(
        verbose_name=_("Moved and drifted from"),
        empty_values=(),
        orderable=False,
        attrs=_RIGHT,
        exclude_from_export=True,
    )
    created_at = Column(verbose_name=_("Watched since"))

    @cached_property
    def _levels(self) -> dict[UUID, DriftLevel]:
        return selectors.levels(actor=self.request.actor, project_id=self.request.project.pk)

    def export_level(self, record: Any) -> DriftLevel:
        return self._levels.get(record.pk, DriftLevel.UNKNOWN)

    def render_name(self, value: str, record: Any) -> str:
        place = [self.request.tenant.slug, self.request.project.slug, record.pk]
        url = reverse("monitoring:monitor_detail", args=place)
        return name_cell(value, url)

    def render_level(self, record: Any) -> str:
        level = self._levels.get(record.pk, DriftLevel.UNKNOWN)
        return state_cell(level.value, level.label)

    def render_model(self, value: str) -> SafeString:
        return format_html("<bdi>{}</bdi>", value)

    def render_thresholds(self, record: Any) -> str:
        return f"{number(record.moved_at, 2)} · {number(record.drifted_at, 2)}"

    def render_created_at(self, value: Any) -> SafeString:
        return ago(value)


class AlertTable(PortalTable):
    title = _("Alerts")
    always = ("cause",)
    also = ("feature", "window")
    cause = Column(verbose_name=_("Cause"), empty_values=(), orderable=False)
    state = Column(verbose_name=_("State"))
    severity = Column(verbose_name=_("Severity"))
    psi = Column(verbose_name=_("Index"), attrs=_RIGHT)
    raised_at = Column(verbose_name=_("Raised"))

    def export_cause(self, record: Any) -> str:
        return str(selectors.cause(record.feature, record.window, record.figures))

    def render_cause(self, record: Any) -> str:
        place = [self.request.tenant.slug, record.project.slug, record.pk]
        url = reverse("monitoring:alert_detail", args=place)
        sentence = selectors.cause(record.feature, record.window, record.figures)
        return format_html('<a href="{}">{}</a>', url, sentence)

    def render_state(self, record: Any) -> str:
        state = AlertState(record.state)
        return state_cell(state.value, state.label)

    def render_severity(self, record: Any) -> str:
        severity = Severity(record.severity)
        return state_cell(severity.value, severity.label)

    def render_psi(self, value: float) -> str:
        return number(value, 2)

    def render_raised_at(self, value: Any) -> SafeString:
        return ago(value)


class AlertFilter(django_filters.FilterSet):
    state = django_filters.ChoiceFilter(label=_("State"), choices=AlertState.choices, empty_label=_("Any"))
    month = django_filters.ChoiceFilter(label=_("Month"), method="of_month", empty_label=_("Any"))
    feature = django_filters.CharFilter(label=_("Feature"), method="of_feature")

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        windows = self.queryset.order_by("-window").values_list("window", flat=True).distinct()
        self.filters["month"].extra["choices"] = [(f"{one:%Y-%m}", selectors.month(one)) for one in windows]

    def of_month(self, rows: QuerySet[Any], _name: str, month: str) -> QuerySet[Any]:
        return rows.filter(window=f"{month}-01")

    def of_feature(self, rows: QuerySet[Any], _name: str, word: str) -> QuerySet[Any]:
        return rows.filter(feature__icontains=word)
