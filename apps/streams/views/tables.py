from __future__ import annotations

from datetime import datetime
from typing import Any

import django_filters
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django_tables2 import Column

from apps.streams.choices import StreamState
from apps.streams.views.things import address
from foundation.web.cells import name_cell, state_cell
from foundation.web.tables import PortalTable
from foundation.web.templatetags.sanad_format import ago, number

_RIGHT = {"td": {"class": "s-num"}, "th": {"class": "s-num"}}
TONES = {StreamState.RUNNING: "ok", StreamState.PAUSED: "off", StreamState.FAILED: "bad"}


class StreamTable(PortalTable):
    title = _("Streams")
    name = Column(verbose_name=_("Name"))
    state = Column(verbose_name=_("State"))
    dataset = Column(verbose_name=_("Feeds"), order_by="dataset__name")
    per_second = Column(verbose_name=_("Events a second"), attrs=_RIGHT)
    lag = Column(verbose_name=_("To be read"), attrs=_RIGHT)
    rows = Column(verbose_name=_("Rows"), accessor="rows", attrs=_RIGHT)
    quarantined = Column(verbose_name=_("Set aside"), attrs=_RIGHT)
    committed_at = Column(verbose_name=_("Last commit"), default="–")

    def render_name(self, value: str, record: Any) -> str:
        return name_cell(value, address(self.request, "stream_detail", record.pk))

    def render_state(self, record: Any) -> str:
        return state_cell(record.state, record.get_state_display(), TONES[StreamState(record.state)])

    def render_dataset(self, value: Any) -> SafeString:
        return format_html("<bdi>{}</bdi>", value)

    def render_per_second(self, value: float) -> str:
        return number(round(value, 1), 1)

    def render_lag(self, value: int) -> str:
        return number(value)

    def render_rows(self, value: int) -> str:
        return number(value)

    def render_quarantined(self, value: int) -> str:
        return number(value)

    def render_committed_at(self, value: datetime) -> SafeString:
        return ago(value)


class StreamFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(label=_("Search streams"), field_name="name", lookup_expr="icontains")
    state = django_filters.ChoiceFilter(label=_("State"), choices=StreamState.choices, empty_label=_("Any"))
