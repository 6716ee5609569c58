from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import F, QuerySet
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django_tables2 import Column

from apps.features import selectors
from apps.features.choices import FeatureKind
from foundation.clock import now
from foundation.web.cells import name_cell, state_cell
from foundation.web.tables import PortalTable
from foundation.web.templatetags.sanad_format import ago, number, percent

_NUMBER = {"td": {"class": "s-num"}, "th": {"class": "s-num"}}


class _KnownFirst(Column):
    """What is not known stands last, whichever way one sorts."""

    def order(self, rows: QuerySet[Any], descending: bool) -> tuple[QuerySet[Any], bool]:
        known = F(self.accessor)
        first = known.desc(nulls_last=True) if descending else known.asc(nulls_last=True)
        return rows.order_by(first, "name", "pk"), True


class FeatureTable(PortalTable):
    title = _("Features")
    also = ("type", "description", "deviation")
    kinds = {"null_share": float, "mean": float, "deviation": float}
    name = Column(verbose_name=_("Feature"))
    view = Column(accessor="home", verbose_name=_("Feature view"), order_by=("view__name", "on_demand__name", "name"))
    entity = Column(accessor="home", verbose_name=_("Entity"), order_by=("view__entity__name", "about"))
    kind = Column(verbose_name=_("Type"))
    null_share = _KnownFirst(accessor="null_share", verbose_name=_("Missing"), default="–", attrs=_NUMBER)
    distinct = _KnownFirst(accessor="distinct", verbose_name=_("Distinct"), default="–", attrs=_NUMBER)
    mean = _KnownFirst(accessor="mean", verbose_name=_("Mean"), default="–", attrs=_NUMBER, empty_values=())
    newest_at = _KnownFirst(accessor="newest_at", verbose_name=_("Newest value"), default="–", empty_values=())
    use_count = Column(verbose_name=_("Used by"), attrs=_NUMBER)
    owner = Column(accessor="home", verbose_name=_("Owner"), orderable=False)

    def page_of(self, name: str, pk: Any) -> str:
        return reverse(f"features:{name}", args=[self.request.tenant.slug, self.request.project.slug, pk])

    def render_name(self, value: str, record: Any) -> SafeString:
        name = name_cell(value, self.page_of("feature_detail", record.pk))
        if record.home.deprecated_at:
            name = format_html("{} {}", name, SafeString(state_cell("deprecated", _("Deprecated"), "wait")))
        if not record.description:
            return name
        said = Truncator(record.description).chars(90)
        return format_html('{}<br><span class="s-muted" dir="auto">{}</span>', name, said)

    def render_view(self, value: Any, record: Any) -> SafeString:
        if record.view is None:
            return name_cell(value.name, self.page_of("on_demand_detail", value.pk))
        return name_cell(value.name, self.page_of("view_detail", value.pk))

    def export_view(self, record: Any) -> str:
        return str(record.home)

    def render_entity(self, record: Any) -> SafeString:
        return format_html("<bdi>{}</bdi>", selectors.about(record) or "–")

    def export_entity(self, record: Any) -> str:
        return selectors.about(record)

    def render_kind(self, value: Any, record: Any) -> SafeString:
        return format_html(
            '<span class="s-nowrap" title="{}">{}</span>', record.type.lower(), FeatureKind(record.kind).label
        )

    def export_kind(self, record: Any) -> str:
        return str(record.kind)

    def render_null_share(self, value: float) -> str:
        return percent(value) if value else "0"

    def render_distinct(self, value: int) -> str:
        return number(value)

    def render_mean(self, value: float | None, record: Any) -> SafeString | str:
        if value is not None:
            return number(value)
        if record.covered:
            return format_html(
                '<span class="s-faint" title="{0}">•••</span>',
                _("Personal: figures of its values stand on its page, for whoever may see them."),
            )
        return "–"

    def render_newest_at(self, value: datetime | None, record: Any) -> SafeString | str:
        if value is None:
            said = _("when asked for")
            return format_html('<span class="s-muted">{}</span>', said) if record.view is None else "–"
        if selectors.is_expired(record, now()):
            return format_html("{} {}", SafeString(state_cell("expired", _("Too old"), "wait")), ago(value))
        return ago(value)

    def render_use_count(self, value: int) -> SafeString | str:
        if not value:
            return format_html('<span class="s-faint">0</span>')
        sets = ngettext("%(shown)s training set", "%(shown)s training sets", value) % {"shown": number(value)}
        return format_html('<span title="{}">{}</span>', sets, number(value))

    def render_owner(self, value: Any) -> SafeString:
        return format_html("<bdi>{}</bdi>", selectors.owner_of(value) or "–")

    def export_owner(self, record: Any) -> str:
        return str(selectors.owner_of(record.home) or "")
