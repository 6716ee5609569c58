from __future__ import annotations

from datetime import datetime
from typing import Any

import django_filters
from django.db.models import Q, QuerySet
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django_tables2 import Column

from apps.connections.choices import ConnectionKind, Standing
from apps.connections.views.things import address
from foundation.web.cells import name_cell, state_cell
from foundation.web.tables import PortalTable
from foundation.web.templatetags.sanad_format import ago

TONES = {Standing.WELL: "ok", Standing.BROKEN: "bad", Standing.UNTRIED: "off"}


class ConnectionTable(PortalTable):
    title = _("Connections")
    name = Column(verbose_name=_("Name"))
    kind = Column(verbose_name=_("Leads to"))
    where = Column(verbose_name=_("Where"), orderable=False)
    project = Column(verbose_name=_("Open to"), order_by="project__name", empty_values=())
    standing = Column(verbose_name=_("Last test"))
    tested_at = Column(verbose_name=_("Tested"), default="–")

    def render_name(self, value: str, record: Any) -> str:
        return name_cell(value, address(self.request, "connection_detail", record.pk))

    def render_where(self, value: str) -> SafeString:
        return format_html('<bdi dir="ltr">{}</bdi>', value)

    def render_project(self, value: Any) -> SafeString | str:
        return format_html("<bdi>{}</bdi>", value) if value else gettext("every project")

    def render_standing(self, record: Any) -> str:
        return state_cell(record.standing, record.get_standing_display(), TONES[Standing(record.standing)])

    def render_tested_at(self, value: datetime) -> SafeString:
        return ago(value)


class ConnectionFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(label=_("Search connections"), method="search")
    kind = django_filters.ChoiceFilter(label=_("Leads to"), choices=ConnectionKind.choices, empty_label=_("Any"))
    standing = django_filters.ChoiceFilter(label=_("Last test"), choices=Standing.choices, empty_label=_("Any"))

    def search(self, rows: QuerySet[Any], _name: str, words: str) -> QuerySet[Any]:
        return rows.filter(Q(name__icontains=words) | Q(description__icontains=words))
