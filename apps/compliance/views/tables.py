from __future__ import annotations

from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django_tables2 import Column

from apps.compliance.choices import ReportState
from foundation.web.cells import name_cell, state_cell
from foundation.web.tables import PortalTable
from foundation.web.templatetags.sanad_format import ago, number

_NUMBER = {"td": {"class": "s-num"}, "th": {"class": "s-num"}}


class ReportTable(PortalTable):
    title = _("Reports")
    always = ("model",)
    model = Column(accessor="model_version", verbose_name=_("Model version"), order_by="model_version__model__name")
    project = Column(verbose_name=_("Project"), order_by="project__name")
    state = Column(verbose_name=_("State"))
    proven = Column(verbose_name=_("Proven"), attrs=_NUMBER)
    checked = Column(verbose_name=_("Checked"), attrs=_NUMBER)
    unproven = Column(verbose_name=_("Not proven"), attrs=_NUMBER)
    missing = Column(verbose_name=_("Missing"), attrs=_NUMBER)
    ledger_entries = Column(verbose_name=_("Ledger up to"), attrs=_NUMBER)
    created_by = Column(verbose_name=_("Asked by"), order_by="created_by__name", default="–")
    created_at = Column(verbose_name=_("Asked"))

    def render_model(self, value: Any, record: Any) -> str:
        url = reverse("compliance:report_detail", args=[self.request.tenant.slug, record.pk])
        return name_cell(str(value), url)

    def render_project(self, value: Any) -> SafeString:
        return format_html("<bdi>{}</bdi>", value.name)

    def render_state(self, value: Any, record: Any) -> str:
        state = ReportState(record.state)
        tone = "busy" if state is ReportState.MAKING else "bad" if record.ledger_fault else ""
        label = _("Ready: the ledger was broken") if record.ledger_fault else state.label
        return state_cell(state.value, label, tone)

    def _count(self, value: int, record: Any) -> str:
        return number(value) if record.state == ReportState.READY else "–"

    def render_proven(self, value: int, record: Any) -> str:
        return self._count(value, record)

    def render_checked(self, value: int, record: Any) -> str:
        return self._count(value, record)

    def render_unproven(self, value: int, record: Any) -> str:
        return self._count(value, record)

    def render_missing(self, value: int, record: Any) -> str:
        return self._count(value, record)

    def render_ledger_entries(self, value: int) -> str:
        return number(value)

    def render_created_by(self, value: Any) -> SafeString:
        return format_html("<bdi>{}</bdi>", value)

    def render_created_at(self, value: datetime) -> SafeString:
        return ago(value)
