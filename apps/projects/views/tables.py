from __future__ import annotations

from datetime import datetime
from typing import Any

import django_filters
from django.db.models import Q, QuerySet
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _
from django_tables2 import Column

from apps.projects.choices import Archived
from foundation.web.calendars import day_in_words
from foundation.web.cells import name_cell, state_cell
from foundation.web.tables import PortalTable
from foundation.web.templatetags.sanad_format import ago


class ProjectTable(PortalTable):
    title = _("Projects")
    name = Column(verbose_name=_("Name"))
    slug = Column(verbose_name=_("Short name"))
    purpose = Column(verbose_name=_("Purpose"), orderable=False)
    created_by = Column(verbose_name=_("Created by"), order_by="created_by__name", default="–")
    created_at = Column(verbose_name=_("Created"))

    def render_name(self, value: str, record: Any) -> str:
        name = name_cell(value, f"/t/{self.request.tenant.slug}/p/{record.slug}/")
        if record.archived_at is None:
            return name
        archived = format_html("{} {}", name, state_cell("archived", Archived.ONLY.label, "off"))
        if record.deletion_due is None:
            return archived
        says = _("will be deleted for ever on %(day)s") % {"day": day_in_words(record.deletion_due)}
        return format_html('{} <span class="s-faint">· {}</span>', archived, says)

    def render_purpose(self, value: str) -> SafeString:
        return format_html('<bdi title="{}">{}</bdi>', value, Truncator(value).chars(90) if len(value) > 90 else value)

    def render_created_by(self, value: Any) -> SafeString:
        return format_html("<bdi>{}</bdi>", value)

    def render_created_at(self, value: datetime) -> SafeString:
        return ago(value)


class ProjectFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(label=_("Search projects"), method="search")
    archived = django_filters.ChoiceFilter(
        label=_("Shown"), choices=Archived.choices[1:], empty_label=Archived.NO.label, method="kept"
    )

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        rows = super().filter_queryset(queryset)
        return rows if self.form.cleaned_data.get("archived") else rows.filter(archived_at=None)

    def kept(self, rows: QuerySet[Any], _name: str, which: str) -> QuerySet[Any]:
        return rows.filter(archived_at__isnull=False) if which == Archived.ONLY else rows

    def search(self, rows: QuerySet[Any], _name: str, words: str) -> QuerySet[Any]:
        return rows.filter(Q(name__icontains=words) | Q(slug__icontains=words) | Q(purpose__icontains=words))
