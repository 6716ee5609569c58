from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import Q, QuerySet
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django_tables2 import Column

from apps.deployments.views import presentation
from foundation.web.cells import name_cell, state_cell
from foundation.web.tables import PortalTable
from foundation.web.templatetags.sanad_format import number

_RIGHT = {"td": {"class": "s-num"}, "th": {"class": "s-num"}}


class DeploymentTable(PortalTable):
    """Takes `live`: the gateway's counters by deployment, or None where it does not answer."""

    title = _("Deployments")
    name = Column(verbose_name=_("Deployment"))
    answers = Column(verbose_name=_("Does it answer"), empty_values=(), orderable=False)
    model = Column(verbose_name=_("Model"), order_by="model__name")
    serving = Column(verbose_name=_("Who serves"), empty_values=(), orderable=False)
    rate = Column(verbose_name=_("Requests a second"), empty_values=(), orderable=False, attrs=_RIGHT)
    slow = Column(verbose_name=_("p95 of the last minute"), empty_values=(), orderable=False, attrs=_RIGHT)
    slug = Column(verbose_name=_("Address"))

    def __init__(self, *args: Any, live: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._live = live

    def _stats(self, record: Any) -> Any:
        return self._live.get(str(record.pk)) if self._live else None

    def export_answers(self, record: Any) -> str:
        return str(presentation.health(record, self._live is not None)["state"])

    def export_serving(self, record: Any) -> list[str]:
        return [f"{one.model_version}:{one.traffic_percent}%" for one in presentation.serving(record)]

    def export_rate(self, record: Any) -> float | None:
        stats = self._stats(record)
        return stats.rate() if stats else None

    def export_slow(self, record: Any) -> float | None:
        """Milliseconds."""
        stats = self._stats(record)
        return stats.slowest("p95") if stats else None

    def render_name(self, value: str, record: Any) -> str:
        place = [self.request.tenant.slug, self.request.project.slug, record.pk]
        url = reverse("deployments:deployment_detail", args=place)
        return name_cell(value, url)

    def render_answers(self, record: Any) -> str:
        return state_cell(**presentation.health(record, self._live is not None))

    def render_model(self, value: Any) -> SafeString:
        return format_html("<bdi>{}</bdi>", value)

    def render_serving(self, record: Any) -> str:
        return render_to_string("deployments/partials/serving.html", {"revisions": presentation.serving(record)})

    def render_rate(self, record: Any) -> str:
        stats = self._stats(record)
        return number(stats.rate(), 1) if stats else "–"

    def render_slow(self, record: Any) -> str:
        stats = self._stats(record)
        return presentation.milliseconds(stats.slowest("p95") if stats else None)

    def render_slug(self, value: str) -> SafeString:
        return format_html("<bdi><code>{}</code></bdi>", value)


class DeploymentFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(label=_("Search deployments"), method="search")

    def search(self, rows: QuerySet[Any], _name: str, words: str) -> QuerySet[Any]:
        return rows.filter(Q(name__icontains=words) | Q(slug__icontains=words) | Q(model__name__icontains=words))
