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

from apps.approvals.choices import CaseState
from foundation.clock import now
from foundation.web.cells import name_cell, state_cell
from foundation.web.tables import PortalTable
from foundation.web.templatetags.sanad_format import ago


class CaseTable(PortalTable):
    title = _("Approval cases")
    always = ("asked",)
    asked = Column(accessor="shown_title", order_by="title", verbose_name=_("What is asked"))
    project = Column(verbose_name=_("Project"), order_by="project__name", default="–")
    requested_by = Column(verbose_name=_("Asked by"), order_by="requested_by__name", default="–")
    created_at = Column(verbose_name=_("Asked"))
    due_at = Column(verbose_name=_("Decide by"))
    state = Column(verbose_name=_("State"))

    def render_asked(self, value: str, record: Any) -> str:
        url = reverse("approvals:case_detail", args=[self.request.tenant.slug, record.pk])
        return name_cell(value, url)

    def render_project(self, value: Any) -> SafeString:
        return format_html("<bdi>{}</bdi>", value.name)

    def render_requested_by(self, value: Any) -> SafeString:
        return format_html("<bdi>{}</bdi>", value)

    def render_created_at(self, value: datetime) -> SafeString:
        return ago(value)

    def render_due_at(self, value: datetime, record: Any) -> str | SafeString:
        if record.state != CaseState.OPEN:
            return "–"
        if value >= now():
            return ago(value)
        return state_cell("overdue", _("Overdue"), "bad")

    def render_state(self, value: Any, record: Any) -> str:
        state = CaseState(record.state)
        return state_cell(state.value, state.label)


class CaseFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(label=_("Search cases"), method="search")
    state = django_filters.ChoiceFilter(label=_("State"), choices=CaseState.choices, empty_label=_("Any"))

    def search(self, rows: QuerySet[Any], _name: str, words: str) -> QuerySet[Any]:
        return rows.filter(Q(title__icontains=words) | Q(project__name__icontains=words))
