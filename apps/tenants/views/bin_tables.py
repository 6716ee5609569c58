"""What lies in the bin, as a table, and in words what comes back with each."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import django_filters
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django_tables2 import Column

from apps.tenants import services
from apps.tenants.choices import BinKind
from foundation.clock import now
from foundation.web.calendars import day_in_words
from foundation.web.cells import name_cell
from foundation.web.tables import PortalTable
from foundation.web.templatetags.sanad_format import ago, day, number


class BinTable(PortalTable):
    title = gettext_lazy("Bin")
    also = ("people", "roles", "thing_id")
    name = Column(verbose_name=gettext_lazy("Name"))
    kind = Column(verbose_name=gettext_lazy("Kind"))
    comes_back = Column(
        accessor="pk", verbose_name=gettext_lazy("Comes back with"), orderable=False, exclude_from_export=True
    )
    deleted_by = Column(
        accessor="deleted_by__name", verbose_name=gettext_lazy("Deleted by"), empty_values=(), orderable=False
    )
    deleted_at = Column(verbose_name=gettext_lazy("Deleted at"))
    kept_until = Column(verbose_name=gettext_lazy("Kept until"))
    acts = Column(accessor="pk", verbose_name="", orderable=False, exclude_from_export=True)

    def export_deleted_by(self, record: Any) -> str:
        return str(record.deleted_by or "")

    def render_name(self, value: str, record: Any) -> str:
        return name_cell(value, reverse("tenants:bin_detail", args=[self.request.tenant.slug, record.pk]))

    def render_kind(self, record: Any) -> str:
        return str(record.get_kind_display())

    def render_comes_back(self, record: Any) -> SafeString:
        return format_html_join(" · ", "<span>{}</span>", ((said,) for said in comes_back(record)))

    def render_deleted_by(self, record: Any) -> SafeString:
        return format_html("<bdi>{}</bdi>", who_deleted(record))

    def render_deleted_at(self, value: datetime) -> SafeString:
        return ago(value)

    def render_kept_until(self, value: datetime) -> SafeString:
        return day(value)

    def render_acts(self, record: Any) -> str:
        return render_to_string("tenants/partials/bin_acts.html", {"binned": record}, request=self.request)


class BinFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(label=gettext_lazy("Search the bin"), field_name="name", lookup_expr="icontains")
    kind = django_filters.ChoiceFilter(
        label=gettext_lazy("Kind"), choices=BinKind.choices, empty_label=gettext_lazy("Any")
    )


def comes_back(binned: Any) -> list[str]:
    """“3 people”, “2 roles”: what a restoration brings beside the thing's own settings."""
    if binned.kind == BinKind.WEBHOOK:
        return [_("its address, its secret and what it is told of")]
    people = ngettext("%(shown)s person", "%(shown)s people", binned.people)
    if binned.kind == BinKind.IDENTITY_PROVIDER:
        people = ngettext("%(shown)s person whom it knows", "%(shown)s people whom it knows", binned.people)
        roles = ngettext("%(shown)s line of its mapping", "%(shown)s lines of its mapping", binned.roles)
    else:
        roles = ngettext("%(shown)s role in a project", "%(shown)s roles in projects", binned.roles)
    counted = ((people, binned.people), (roles, binned.roles))
    return [said % {"shown": number(count)} for said, count in counted if count] or [_("its own settings alone")]


def who_deleted(binned: Any) -> str:
    """SCIM and programs are no person."""
    return str(binned.deleted_by) if binned.deleted_by else _("a program")


def would_be_kept() -> str:
    """The day until which lies in the bin what is deleted now."""
    return day_in_words(services.kept_until(now()))
