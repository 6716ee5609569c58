from __future__ import annotations

from datetime import datetime
from typing import Any

import django_filters
from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django_tables2 import Column

from apps.features.choices import BuildState
from apps.features.views.names import names_cell
from apps.features.views.registry_tables import deprecated_tag
from foundation.web.cells import name_cell, state_cell
from foundation.web.tables import PortalTable
from foundation.web.templatetags.sanad_format import ago, number

# What lies in the bin is listed there.
_STATES = [(state.value, state.label) for state in BuildState if state is not BuildState.BINNED]
_NUMBER = {"td": {"class": "s-num"}, "th": {"class": "s-num"}}


class FeatureTable(PortalTable):
    detail = ""
    also: tuple[str, ...] = ("number",)

    def render_name(self, value: str, record: Any) -> SafeString:
        args = [self.request.tenant.slug, self.request.project.slug, record.pk]
        shown = name_cell(value, reverse(self.detail, args=args))
        mark = deprecated_tag(record) if hasattr(record, "deprecated_at") else ""
        return format_html('{} <span class="s-tag">v{}</span>{}', shown, record.number, mark)

    def render_state(self, value: Any, record: Any) -> str:
        state = BuildState(record.state)
        tone = "busy" if state is BuildState.BUILDING else ""
        return state_cell(state.value, state.label, tone)

    def render_row_count(self, value: int) -> str:
        return number(value)

    def render_created_at(self, value: datetime) -> SafeString:
        return ago(value)


class ViewTable(FeatureTable):
    title = _("Feature views")
    also = ("number", "tags", "deprecated_because")
    detail = "features:view_detail"
    name = Column(verbose_name=_("Name"))
    entity = Column(verbose_name=_("Entity"), order_by="entity__name")
    owner = Column(verbose_name=_("Owner"), order_by="owner__name", default="–")
    features = Column(verbose_name=_("Features"), orderable=False)
    state = Column(verbose_name=_("State"))
    row_count = Column(verbose_name=_("Rows"), default="–", attrs=_NUMBER)
    online_keys = Column(verbose_name=_("Keys online"), default="–", attrs=_NUMBER)
    online_at = Column(verbose_name=_("Online since"), default="–")
    created_at = Column(verbose_name=_("Defined"))

    def export_features(self, record: Any) -> list[str]:
        return [feature["name"] for feature in record.features]

    def render_owner(self, value: Any) -> SafeString:
        return format_html("<bdi>{}</bdi>", value)

    def render_entity(self, value: Any) -> SafeString:
        return format_html("<bdi>{}</bdi>", value)

    def render_features(self, value: list[dict[str, str]]) -> SafeString:
        return names_cell(feature["name"] for feature in value)

    def render_state(self, value: Any, record: Any) -> SafeString:
        marks = [super().render_state(value, record)]
        if record.skewed_since:
            marks.append(state_cell("skewed", _("Skewed"), "bad"))
        if record.stale_since:
            marks.append(state_cell("stale", _("Out of date"), "wait"))
        return format_html_join(" ", "{}", ((SafeString(mark),) for mark in marks))

    def render_online_keys(self, value: int) -> str:
        return number(value)

    def render_online_at(self, value: datetime) -> SafeString:
        return ago(value)


class ViewsOfEntityTable(ViewTable):
    """On the page of the entity, which each row would name once more."""

    entity = None


class TrainingSetTable(FeatureTable):
    title = _("Training sets")
    detail = "features:training_set_detail"
    name = Column(verbose_name=_("Name"))
    base = Column(accessor="base_version", verbose_name=_("Made from"), order_by="base_version__dataset__name")
    label = Column(verbose_name=_("Label"))
    state = Column(verbose_name=_("State"))
    row_count = Column(verbose_name=_("Rows"), default="–", attrs=_NUMBER)
    leaked = Column(accessor="leakage_proof", verbose_name=_("Leaked values"), orderable=False, attrs=_NUMBER)
    created_at = Column(verbose_name=_("Defined"))

    def export_leaked(self, record: Any) -> int | None:
        proof = record.leakage_proof or {}
        return proof["violations"] if proof.get("by_time") else None

    def render_base(self, value: Any) -> SafeString:
        return format_html("<bdi>{}</bdi>", value)

    def render_label(self, value: str) -> SafeString:
        return format_html("<bdi>{}</bdi>", value)

    def render_leaked(self, value: dict[str, Any]) -> str:
        return number(value["violations"]) if value.get("by_time") else "–"


class ViewFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(label=_("Search views and features"), method="search")
    state = django_filters.ChoiceFilter(label=_("State"), choices=_STATES, empty_label=_("Any"))

    def search(self, rows: QuerySet[Any], _name: str, words: str) -> QuerySet[Any]:
        rows = rows.annotate(feature_words=Cast("features", TextField()))
        wanted = Q(name__icontains=words) | Q(description__icontains=words) | Q(entity__name__icontains=words)
        return rows.filter(wanted | Q(feature_words__icontains=words))


class TrainingSetFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(label=_("Search training sets"), method="search")
    state = django_filters.ChoiceFilter(label=_("State"), choices=_STATES, empty_label=_("Any"))

    def search(self, rows: QuerySet[Any], _name: str, words: str) -> QuerySet[Any]:
        found = Q(name__icontains=words) | Q(description__icontains=words) | Q(label__icontains=words)
        return rows.filter(found | Q(base_version__dataset__name__icontains=words))
