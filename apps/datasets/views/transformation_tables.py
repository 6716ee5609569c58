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

from apps.datasets.choices import PassState, TransformationMode, TransformationState
from foundation.web.cells import name_cell, state_cell
from foundation.web.tables import PortalTable
from foundation.web.templatetags.sanad_format import ago, number

_TONES = {PassState.SKIPPED: "off", PassState.REVIEW: "wait", PassState.CANCELLED: "off"}
_NUMBER = {"td": {"class": "s-num"}, "th": {"class": "s-num"}}


def _tone(state: str) -> str:
    return _TONES.get(PassState(state), "")


class _ProjectTable(PortalTable):
    def page_of(self, name: str, pk: Any) -> str:
        return reverse(f"datasets:{name}", args=[self.request.tenant.slug, self.request.project.slug, pk])


class TransformationTable(_ProjectTable):
    title = _("Transformations")
    name = Column(verbose_name=_("Name"))
    output = Column(verbose_name=_("Makes"), order_by="output__name")
    state = Column(verbose_name=_("State"))
    last = Column(verbose_name=_("Last time"), accessor="last_state", default="–")
    at = Column(verbose_name=_("When"), accessor="last_at", default="–")
    why = Column(verbose_name=_("What came of it"), accessor="last_note", orderable=False, default="–")

    def render_name(self, value: str, record: Any) -> str:
        return name_cell(value, self.page_of("transformation_detail", record.pk))

    def render_output(self, value: Any, record: Any) -> SafeString:
        return format_html('<a href="{}"><bdi>{}</bdi></a>', self.page_of("dataset_detail", record.output_id), value)

    def render_state(self, record: Any) -> str:
        tone = "ok" if record.state == TransformationState.ACTIVE else "off"
        return state_cell(record.state, record.get_state_display(), tone)

    def render_last(self, value: str) -> str:
        return state_cell(value, PassState(value).label, _tone(value))

    def render_at(self, value: datetime) -> SafeString:
        return ago(value)


class PassTable(_ProjectTable):
    title = _("What was made")
    created_at = Column(verbose_name=_("When"))
    state = Column(verbose_name=_("State"))
    version = Column(verbose_name=_("Version"), orderable=False, default="–")
    rows = Column(verbose_name=_("Rows"), accessor="version__row_count", orderable=False, default="–", attrs=_NUMBER)
    mode = Column(verbose_name=_("It read"), default="–")
    definition = Column(verbose_name=_("Definition"), accessor="definition__number", default="–", attrs=_NUMBER)
    note = Column(verbose_name=_("Why so"), orderable=False, default="–")

    def render_created_at(self, value: datetime) -> SafeString:
        return ago(value)

    def render_state(self, value: str, record: Any) -> str:
        return state_cell(record.state, record.get_state_display(), _tone(record.state))

    def render_version(self, value: Any) -> SafeString:
        return format_html('<a href="{}"><bdi>{}</bdi></a>', self.page_of("version_detail", value.pk), value)

    def render_rows(self, value: int) -> str:
        return number(value)

    def render_mode(self, record: Any) -> str:
        return str(TransformationMode(record.mode).label)


class TransformationFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(label=_("Search transformations"), method="search")
    state = django_filters.ChoiceFilter(label=_("State"), choices=TransformationState.choices, empty_label=_("Any"))

    def search(self, rows: QuerySet[Any], _name: str, words: str) -> QuerySet[Any]:
        return rows.filter(Q(name__icontains=words) | Q(output__name__icontains=words))
