"""The list of features of the past that somebody asked for."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import django_filters
from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_tables2 import Column

from apps.features import selectors
from apps.features.choices import BuildState
from foundation.web.cells import name_cell, state_cell
from foundation.web.tables import PortalTable
from foundation.web.templatetags.sanad_format import ago, filesize, number

_NUMBER = {"td": {"class": "s-num"}, "th": {"class": "s-num"}}
# There are no other states of what is gone with its day.
_GONE = {BuildState.BINNED, BuildState.DESTROYING, BuildState.DESTROYED}
_STATES = [(state.value, state.label) for state in BuildState if state not in _GONE]


class HistoryTable(PortalTable):
    title = gettext_lazy("Features of the past")
    always = ("features",)
    also = ("event_time", "ignores_known_since")
    features = Column(accessor="pk", verbose_name=gettext_lazy("Features"), orderable=False)
    made_from = Column(verbose_name=gettext_lazy("For the rows of"), default="–")
    asked_by = Column(
        accessor="created_by", verbose_name=gettext_lazy("Asked by"), order_by="created_by__name", default="–"
    )
    created_at = Column(verbose_name=gettext_lazy("Asked"))
    state = Column(verbose_name=gettext_lazy("State"))
    row_count = Column(verbose_name=gettext_lazy("Rows"), default="–", attrs=_NUMBER)
    byte_count = Column(verbose_name=gettext_lazy("Size"), default="–", attrs=_NUMBER)
    kept_until = Column(verbose_name=gettext_lazy("Kept until"))

    def render_features(self, record: Any) -> SafeString:
        names = ", ".join(selectors.features_asked(record))
        args = [self.request.tenant.slug, self.request.project.slug, record.pk]
        shown = name_cell(names, reverse("features:history_detail", args=args))
        if not record.ignores_known_since:
            return shown
        return format_html('{} <span class="s-tag">{}</span>', shown, _("Corrections early"))

    def export_features(self, record: Any) -> list[str]:
        return selectors.features_asked(record)

    def render_made_from(self, value: str) -> SafeString:
        return format_html("<bdi>{}</bdi>", value)

    def render_asked_by(self, value: Any) -> SafeString:
        return format_html("<bdi>{}</bdi>", value)

    def export_asked_by(self, record: Any) -> str:
        return str(record.created_by or "")

    def render_created_at(self, value: datetime) -> SafeString:
        return ago(value)

    def render_state(self, record: Any) -> str:
        state = BuildState(record.state)
        return state_cell(state.value, state.label, "busy" if state is BuildState.BUILDING else "")

    def render_row_count(self, value: int) -> str:
        return number(value)

    def render_byte_count(self, value: int) -> SafeString | str:
        return filesize(value)

    def render_kept_until(self, value: datetime) -> SafeString:
        return ago(value)


class HistoryFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(label=gettext_lazy("Search features of the past"), method="search")
    state = django_filters.ChoiceFilter(label=gettext_lazy("State"), choices=_STATES, empty_label=gettext_lazy("Any"))
    by = django_filters.ChoiceFilter(
        label=gettext_lazy("Asked by"),
        choices=[("me", gettext_lazy("You"))],
        empty_label=gettext_lazy("Anybody"),
        method="mine",
    )

    def search(self, rows: QuerySet[Any], _name: str, words: str) -> QuerySet[Any]:
        rows = rows.annotate(view_words=Cast("views", TextField()), more_words=Cast("on_demand", TextField()))
        wanted = Q(made_from__icontains=words) | Q(created_by__name__icontains=words)
        return rows.filter(wanted | Q(view_words__icontains=words) | Q(more_words__icontains=words))

    def mine(self, rows: QuerySet[Any], _name: str, _said: str) -> QuerySet[Any]:
        return rows.filter(asked_by=self.request.actor.named)
