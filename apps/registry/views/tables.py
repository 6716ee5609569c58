from __future__ import annotations

from datetime import datetime
from typing import Any

import django_filters
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django_tables2 import Column

from apps.experiments.choices import metric_label
from apps.registry import selectors
from apps.registry.choices import Stage
from foundation.web.cells import name_cell, state_cell
from foundation.web.tables import PortalTable
from foundation.web.templatetags.sanad_format import ago, number

_RIGHT = {"td": {"class": "s-num"}, "th": {"class": "s-num"}}


class ModelTable(PortalTable):
    title = _("Models")
    # Out of JSON: the 1 of a perfect model is a whole number there.
    kinds = {"figure": float}
    name = Column(verbose_name=_("Model"))
    serving = Column(verbose_name=_("In production"), accessor="production_number", empty_values=())
    figure = Column(
        verbose_name=_("Its figure"), accessor="production_metrics", orderable=False, empty_values=(), attrs=_RIGHT
    )
    since = Column(verbose_name=_("Since"), accessor="production_since", default="–")
    candidates = Column(verbose_name=_("Candidates"), accessor="candidate_count", attrs=_RIGHT)
    versions = Column(verbose_name=_("Versions"), accessor="version_count", attrs=_RIGHT)
    changed = Column(verbose_name=_("Last version"), accessor="newest_at", default="–")

    def export_figure(self, record: Any) -> float | None:
        found = (record.production_metrics or {}).get("test", {})
        return found.get(selectors.deciding_figure(record.production_schema or {}))

    def render_name(self, value: str, record: Any) -> str:
        url = reverse("registry:model_detail", args=[self.request.tenant.slug, self.request.project.slug, record.pk])
        return name_cell(value, url)

    def render_serving(self, record: Any) -> str | SafeString:
        if record.production_id is None:
            return format_html('<span class="s-faint">{}</span>', _("Nothing yet"))
        place = [self.request.tenant.slug, self.request.project.slug, record.production_id]
        return format_html(
            '<a href="{}">{}</a>',
            reverse("registry:version_detail", args=place),
            state_cell(Stage.PRODUCTION.value, f"v{record.production_number}"),
        )

    def render_figure(self, record: Any) -> str | SafeString:
        metrics = (record.production_metrics or {}).get("test", {})
        name = selectors.deciding_figure(record.production_schema or {})
        if name not in metrics:
            return "–"
        return format_html('{} <span class="s-faint"><bdi>{}</bdi></span>', number(metrics[name]), metric_label(name))

    def render_since(self, value: datetime) -> SafeString:
        return ago(value)

    def render_changed(self, value: datetime) -> SafeString:
        return ago(value)


class ModelFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(label=_("Search models"), method="search")
    serving = django_filters.ChoiceFilter(
        label=_("In production"),
        method="in_production",
        choices=[("true", _("Yes")), ("false", _("No"))],
        empty_label=_("All"),
    )

    def in_production(self, rows: QuerySet[Any], _name: str, answer: str) -> QuerySet[Any]:
        return rows.filter(production_id__isnull=answer == "false")

    def search(self, rows: QuerySet[Any], _name: str, words: str) -> QuerySet[Any]:
        return rows.filter(Q(name__icontains=words) | Q(description__icontains=words))
