from __future__ import annotations

from datetime import datetime
from typing import Any

import django_filters
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django_tables2 import Column

from apps.datasets import selectors
from apps.datasets.choices import ColumnClass, VersionState
from foundation.clock import now
from foundation.web.cells import name_cell, state_cell
from foundation.web.tables import PortalTable
from foundation.web.templatetags.sanad_format import ago, number

_NUMBER = {"td": {"class": "s-num"}, "th": {"class": "s-num"}}


class _DataTable(PortalTable):
    def page_of(self, name: str, pk: Any) -> str:
        return reverse(f"datasets:{name}", args=[self.request.tenant.slug, self.request.project.slug, pk])

    def state(self, word: str, label: Any, tone: str = "") -> str:
        return state_cell(word, label, tone)

    def render_owner(self, value: Any) -> SafeString:
        return format_html("<bdi>{}</bdi>", value)


class DatasetTable(_DataTable):
    title = _("Datasets")
    name = Column(verbose_name=_("Name"))
    version = Column(accessor="latest_number", verbose_name=_("Version"), default="–")
    rows = Column(accessor="latest_rows", verbose_name=_("Rows"), default="–", attrs=_NUMBER)
    fresh = Column(accessor="latest_at", verbose_name=_("Freshness"), empty_values=())
    classes = Column(accessor="latest_schema", verbose_name=_("Sensitivity"), orderable=False, empty_values=())
    owner = Column(verbose_name=_("Owner"), order_by="owner__name", default="–")

    def export_classes(self, record: Any) -> list[str]:
        return [f"{name}:{count}" for name, count in selectors.class_counts(record.latest_schema).items() if count]

    def render_name(self, value: str, record: Any) -> SafeString:
        name = name_cell(value, self.page_of("dataset_detail", record.pk))
        if record.last_state in {None, VersionState.READY, VersionState.DISCARDED}:
            return SafeString(name)
        state = VersionState(record.last_state)
        tone = "wait" if state is VersionState.REVIEW else ""
        last = self.state(state.value, state.label, tone)
        return format_html('{} <a href="{}">{}</a>', name, self.page_of("version_detail", record.last_id), last)

    def render_version(self, value: int, record: Any) -> SafeString:
        return format_html('<a href="{}">v{}</a>', self.page_of("version_detail", record.latest_id), value)

    def render_rows(self, value: int) -> str:
        return number(value)

    def render_fresh(self, value: datetime | None, record: Any) -> SafeString | str:
        words = {"fresh": (_("Fresh"), "ok"), "stale": (_("Stale"), "wait")}
        found = selectors.freshness(record, now=now())
        if value is None or found not in words:
            return ago(value)
        return format_html("{} {}", SafeString(self.state(found, *words[found])), ago(value))

    def render_classes(self, value: Any) -> SafeString:
        return class_tags(value)


class VersionTable(_DataTable):
    class Meta(_DataTable.Meta):
        order_by = "-created_at"

    title = _("Versions")
    always = ("number",)
    number = Column(verbose_name=_("Version"), empty_values=())
    state = Column(verbose_name=_("State"))
    row_count = Column(verbose_name=_("Rows"), default="–", attrs=_NUMBER)
    source = Column(verbose_name=_("Source"), orderable=False)
    created_by = Column(verbose_name=_("By"), order_by="created_by__name", default="–")
    created_at = Column(verbose_name=_("Begun"))

    def render_number(self, value: int | None, record: Any) -> SafeString:
        name = f"v{value}" if value else _("no number")
        link = format_html('<a href="{}">{}</a>', self.page_of("version_detail", record.pk), name)
        tags = format_html_join("", ' <span class="s-tag">{}</span>', ((tag.name,) for tag in record.tags.all()))
        held = format_html(" {}", state_cell("held", _("Legal hold"), "wait")) if record.is_held else ""
        return format_html("{}{}{}", link, tags, held)

    def render_state(self, value: Any, record: Any) -> str:
        state = VersionState(record.state)
        return _DataTable.state(self, state.value, state.label, "wait" if state is VersionState.REVIEW else "")

    def render_row_count(self, value: int) -> str:
        return number(value)

    def render_source(self, value: dict[str, Any]) -> SafeString:
        return format_html("<bdi>{}</bdi>", named(value))

    def render_created_by(self, value: Any) -> SafeString:
        return format_html("<bdi>{}</bdi>", value)

    def render_created_at(self, value: datetime) -> SafeString:
        return ago(value)


def place_in_words(connection: str, place: str) -> str:
    """A place behind a connection; of files without a place, all of them."""
    return f"{connection} › {place}" if place else connection


def named(source: dict[str, Any]) -> Any:
    """Where a version comes from, in a word."""
    if source.get("kind") == "connection":
        return place_in_words(source["name"], source["place"])
    words = {
        "rollback": _("an earlier version, brought back"),
        "erasure": _("a version without an erased person"),
        "replay": _("Rows out of quarantine"),
    }
    return source.get("filename") or words.get(source.get("kind", "")) or _("SQL over other versions")


class DatasetFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(label=_("Search datasets"), method="search")

    def search(self, rows: QuerySet[Any], _name: str, words: str) -> QuerySet[Any]:
        return rows.filter(Q(name__icontains=words) | Q(description__icontains=words) | Q(owner__name__icontains=words))


def class_tags(schema: Any) -> SafeString:
    """The classes of a version's columns, the strictest first, each with its number of columns."""
    counts = selectors.class_counts(schema)
    strictest = [c for c in reversed(ColumnClass) if counts.get(c.value)]
    tags = [format_html('<span class="s-tag">{} {}</span>', c.label, number(counts[c.value])) for c in strictest]
    if counts["suspected"]:
        tags.insert(0, state_cell("suspected", _("Probably personal"), "wait"))
    return (
        format_html_join(" ", "{}", ((tag,) for tag in tags))
        if tags
        else format_html('<span class="s-faint">{}</span>', _("none yet"))
    )
