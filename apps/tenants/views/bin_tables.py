"""What lies in the bin, as a table, and in words what comes back with each."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import django_filters
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django_tables2 import Column

from apps.tenants import selectors, services
from apps.tenants.choices import OF_DATA, BinKind
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
        return name_cell(value, bin_address(self.request, "bin_detail", record.pk))

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
        context = {"restore_url": bin_address(self.request, "bin_restore", record.pk)}
        return render_to_string("tenants/partials/bin_acts.html", context, request=self.request)


class DataTable(BinTable):
    """Of one project's data; what comes back with each, its own page says."""

    comes_back = None


class EverythingTable(BinTable):
    """Of the whole organisation: things of its own, and of the data of all projects."""

    project_id = Column(verbose_name=gettext_lazy("Project"), empty_values=(), orderable=False)

    class Meta(BinTable.Meta):
        sequence = ("name", "kind", "project_id", "...")

    @cached_property
    def _projects(self) -> dict[Any, str]:
        ids = {row.record.project_id for row in self.paginated_rows} - {None}
        return {one.id: one.name for one in selectors.projects_of(self.request.actor, ids=ids)}

    def render_project_id(self, value: Any) -> SafeString:
        return format_html("<bdi>{}</bdi>", self._projects.get(value, ""))

    def export_project_id(self, record: Any) -> str:
        return str(record.project_id or "")


class BinFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(label=gettext_lazy("Search the bin"), field_name="name", lookup_expr="icontains")
    kind = django_filters.ChoiceFilter(
        label=gettext_lazy("Kind"), choices=BinKind.choices, empty_label=gettext_lazy("Any")
    )


class DataBinFilter(BinFilter):
    """Of the kinds of data alone."""

    kind = django_filters.ChoiceFilter(
        label=gettext_lazy("Kind"),
        choices=[choice for choice in BinKind.choices if choice[0] in OF_DATA],
        empty_label=gettext_lazy("Any"),
    )


def comes_back(binned: Any) -> list[str]:
    """“3 people”, “2 roles”: what a restoration brings beside the thing's own settings."""
    if binned.kind in OF_DATA:
        return [_of_data(binned.kind)]
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


def _of_data(kind: str) -> str:
    return {
        BinKind.STREAM: _("its settings, where it stopped, and what it set aside"),
        BinKind.INGESTION: _("its schedule, and how far it has read"),
        BinKind.TRANSFORMATION: _("its definitions, and the list of what it made"),
        BinKind.CONNECTION: _("its settings and its secrets"),
        BinKind.FEATURE_VIEW: _("its rows, and its values online"),
        BinKind.TRAINING_SET: _("its definition, and why it has no rows"),
        BinKind.FEATURE_SERVICE: _("the features that it names"),
        BinKind.ON_DEMAND_VIEW: _("its expressions, and what was said of them"),
    }[BinKind(kind)]


def headline_of(binned: Any) -> str:
    """What it does while it lies there, and until when."""
    said = {
        BinKind.GROUP: _("A group in the bin: it gives nobody anything, and can be restored until %(when)s."),
        BinKind.WEBHOOK: _("A webhook in the bin: it is sent nothing, and can be restored until %(when)s."),
        BinKind.IDENTITY_PROVIDER: _(
            "An identity provider in the bin: it lets nobody in, and can be restored until %(when)s."
        ),
        BinKind.STREAM: _("A stream in the bin: no event is read or taken, and it can be restored until %(when)s."),
        BinKind.INGESTION: _("An ingestion in the bin: it reads nothing, and can be restored until %(when)s."),
        BinKind.TRANSFORMATION: _("A transformation in the bin: it never runs, and can be restored until %(when)s."),
        BinKind.CONNECTION: _(
            "A connection in the bin: nothing is read through it, and it can be restored until %(when)s."
        ),
        BinKind.FEATURE_VIEW: _(
            "A version of a feature view in the bin: nobody reads, joins or asks it, and it can be restored until "
            "%(when)s."
        ),
        BinKind.TRAINING_SET: _("A training set in the bin: no list has it, and it can be restored until %(when)s."),
        BinKind.FEATURE_SERVICE: _(
            "A version of a feature service in the bin: nobody asks or chooses it, and it can be restored until "
            "%(when)s."
        ),
        BinKind.ON_DEMAND_VIEW: _(
            "On-demand features in the bin: nobody asks or chooses them, and they can be restored until %(when)s."
        ),
    }
    return said[BinKind(binned.kind)] % {"when": day_in_words(binned.kept_until)}


def help_of(binned: Any) -> str:
    """What is not as it was once it is restored, or what is left when it is not."""
    return {
        BinKind.GROUP: _("Whoever left the organisation is left out, and so are roles in projects that are gone."),
        BinKind.WEBHOOK: _(
            "It is told what happens after it was restored; what waited when it was deleted is not sent."
        ),
        BinKind.IDENTITY_PROVIDER: _(
            "It comes back disabled. Its sessions and SCIM tokens have ended for good; "
            "e-mail domains were never touched."
        ),
        BinKind.STREAM: _(
            "It comes back at rest and goes on where it stopped once you let it. Deleted for ever, it takes along "
            "what it set aside and what waits in the portal's own broker; its rows stay with the dataset."
        ),
        BinKind.INGESTION: _("It is due again from the next time on. The versions that it brought stay either way."),
        BinKind.TRANSFORMATION: _(
            "What its inputs got meanwhile is read with its next pass. Its dataset stays either way."
        ),
        BinKind.CONNECTION: _(
            "Its secrets lie sealed, and go when it is deleted for ever. What was read through it stays."
        ),
        BinKind.FEATURE_VIEW: _(
            "Its newest values are put online anew, which takes as long as the first time. Deleted for ever, it takes "
            "along its rows and every key that opens them; name, definition and digest stay on record."
        ),
        BinKind.TRAINING_SET: _("Its number is not given again either way."),
        BinKind.FEATURE_SERVICE: _("Its number is not given again either way."),
        BinKind.ON_DEMAND_VIEW: _("Its number is not given again either way; what it was stays on record."),
    }[BinKind(binned.kind)]


def who_deleted(binned: Any) -> str:
    """SCIM and programs are no person."""
    return str(binned.deleted_by) if binned.deleted_by else _("a program")


def bin_address(request: Any, name: str, *args: Any) -> str:
    """A page of the bin, where the reader is: among the project's data, or under Settings."""
    if project := getattr(request, "project", None):
        return reverse(f"tenants:project_{name}", args=[request.tenant.slug, project.slug, *args])
    return reverse(f"tenants:{name}", args=[request.tenant.slug, *args])


def table_of(request: Any) -> type[BinTable]:
    return DataTable if getattr(request, "project", None) else EverythingTable


def filter_of(request: Any) -> type[BinFilter]:
    return DataBinFilter if getattr(request, "project", None) else BinFilter


def would_be_kept() -> str:
    """The day until which lies in the bin what is deleted now."""
    return day_in_words(services.kept_until(now()))
