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

from apps.datasets.choices import IngestionState, VersionState
from apps.datasets.views.ingestion_words import mode_in_words, outcome, schedule_in_words, standing, trigger_in_words
from apps.datasets.views.tables import place_in_words
from foundation.web.cells import name_cell, state_cell
from foundation.web.tables import PortalTable
from foundation.web.templatetags.sanad_format import ago, duration, filesize, moment, number

_NUMBER = {"td": {"class": "s-num"}, "th": {"class": "s-num"}}


class _ProjectTable(PortalTable):
    def page_of(self, name: str, pk: Any) -> str:
        return reverse(f"datasets:{name}", args=[self.request.tenant.slug, self.request.project.slug, pk])


class IngestionTable(_ProjectTable):
    title = _("Ingestions")
    always = ("place",)
    also = ("cron", "zone", "trouble")
    place = Column(verbose_name=_("Source"), empty_values=())
    dataset = Column(verbose_name=_("Rows go to"), order_by="dataset__name")
    mode = Column(verbose_name=_("Rows that are there"))
    schedule = Column(accessor="cron", verbose_name=_("When"), empty_values=(), orderable=False)
    next_at = Column(verbose_name=_("Next"), default="–")
    last = Column(accessor="last_at", verbose_name=_("Last outcome"), default="–")
    state = Column(verbose_name=_("State"))

    def render_place(self, record: Any) -> SafeString:
        name = place_in_words(record.connection.name, record.place or record.pattern)
        return name_cell(name, self.page_of("ingestion_detail", record.pk))

    def render_dataset(self, value: Any, record: Any) -> SafeString:
        return name_cell(value, self.page_of("dataset_detail", record.dataset_id))

    def render_mode(self, record: Any) -> str:
        return mode_in_words(record)

    def render_schedule(self, record: Any) -> str:
        return schedule_in_words(record)

    def render_next_at(self, value: datetime) -> SafeString:
        return moment(value)

    def render_last(self, value: datetime, record: Any) -> SafeString:
        state, label = outcome(record) or ("", "")
        return format_html("{} {}", state_cell(state, label), ago(value))

    def render_state(self, record: Any) -> SafeString:
        return state_cell(*standing(record))


class RunTable(_ProjectTable):
    title = _("Runs")
    always = ("number",)
    also = ("failure",)
    number = Column(verbose_name=_("Version"), empty_values=())
    state = Column(verbose_name=_("Outcome"))
    trigger = Column(accessor="source", verbose_name=_("Started by"), orderable=False)
    row_count = Column(verbose_name=_("Rows"), default="–", attrs=_NUMBER)
    read = Column(accessor="source__bytes_read", verbose_name=_("Read"), default="–", attrs=_NUMBER)
    took = Column(accessor="read_from", verbose_name=_("Took"), default="–", orderable=False)
    created_at = Column(verbose_name=_("Begun"))

    def export_trigger(self, record: Any) -> str:
        return str(record.source.get("trigger", ""))

    def export_took(self, record: Any) -> float | None:
        took = _took(record)
        return took.total_seconds() if took is not None else None

    def render_number(self, value: int | None, record: Any) -> SafeString:
        name = f"v{value}" if value else _("Without a number")
        return format_html('<a href="{}">{}</a>', self.page_of("version_detail", record.pk), name)

    def render_state(self, record: Any) -> SafeString:
        state = VersionState(record.state)
        shown = state_cell(state.value, state.label, "wait" if state is VersionState.REVIEW else "")
        if state is VersionState.INGESTING and record.paused_at:
            shown = state_cell("paused", _("Paused"))
        if not record.failure:
            return shown
        return format_html('{} <span class="s-small s-muted" dir="auto">{}</span>', shown, record.failure_said)

    def render_trigger(self, value: dict[str, Any]) -> str:
        return trigger_in_words(value)

    def render_row_count(self, value: int) -> str:
        return number(value)

    def render_read(self, value: int) -> SafeString | str:
        return filesize(value)

    def render_took(self, record: Any) -> str:
        return duration(_took(record))

    def render_created_at(self, value: datetime) -> SafeString:
        return ago(value)


def _took(record: Any) -> Any:
    return record.read_until - record.read_from if record.read_until and record.read_from else None


class IngestionFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(label=_("Search ingestions"), method="search")
    state = django_filters.ChoiceFilter(label=_("State"), choices=IngestionState.choices, empty_label=_("Any"))

    def search(self, rows: QuerySet[Any], _name: str, words: str) -> QuerySet[Any]:
        return rows.filter(
            Q(place__icontains=words) | Q(dataset__name__icontains=words) | Q(connection__name__icontains=words)
        )
