"""Lists of entities and services."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import django_filters
from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_tables2 import Column

from apps.features.choices import KeyType
from apps.features.views.names import names_cell
from foundation.web.cells import name_cell
from foundation.web.tables import PortalTable
from foundation.web.templatetags.sanad_format import ago, number


class _RegistryTable(PortalTable):
    def render_owner(self, value: Any) -> SafeString:
        return format_html("<bdi>{}</bdi>", value)

    def render_tags(self, value: list[str]) -> SafeString:
        return format_html("<bdi>{}</bdi>", ", ".join(value)) if value else format_html("–")

    def render_created_at(self, value: datetime) -> SafeString:
        return ago(value)

    def address(self, name: str, record: Any) -> str:
        return reverse(name, args=[self.request.tenant.slug, self.request.project.slug, record.pk])


class EntityTable(_RegistryTable):
    title = gettext_lazy("Entities")
    name = Column(verbose_name=gettext_lazy("Name"))
    join_keys = Column(verbose_name=gettext_lazy("Join keys"), orderable=False)
    views_count = Column(
        verbose_name=gettext_lazy("Feature views"), attrs={"td": {"class": "s-num"}, "th": {"class": "s-num"}}
    )
    owner = Column(verbose_name=gettext_lazy("Owner"), order_by="owner__name", default="–")
    tags = Column(verbose_name=gettext_lazy("Tags"), orderable=False)
    created_at = Column(verbose_name=gettext_lazy("Defined"))

    def render_name(self, value: str, record: Any) -> SafeString:
        return name_cell(value, self.address("features:entity_detail", record))

    def render_join_keys(self, value: list[str], record: Any) -> SafeString:
        kinds = {key: KeyType(kind).label for key, kind in record.key_types.items()}
        said = [format_html("<bdi>{}</bdi>: {}", key, kinds[key]) if key in kinds else key for key in value]
        return format_html_join(", ", "{}", ((one,) for one in said))

    def render_views_count(self, value: int) -> str:
        return number(value)


class ServiceTable(_RegistryTable):
    title = gettext_lazy("Feature services")
    also = ("number", "deprecated_because")
    name = Column(verbose_name=gettext_lazy("Name"))
    features = Column(accessor="feature_names", verbose_name=gettext_lazy("Features"), orderable=False)
    owner = Column(verbose_name=gettext_lazy("Owner"), order_by="owner__name", default="–")
    tags = Column(verbose_name=gettext_lazy("Tags"), orderable=False)
    created_at = Column(verbose_name=gettext_lazy("Defined"))

    def render_name(self, value: str, record: Any) -> SafeString:
        shown = name_cell(value, self.address("features:service_detail", record))
        return format_html('{} <span class="s-tag">v{}</span>{}', shown, record.number, deprecated_tag(record))

    def render_features(self, value: list[str]) -> SafeString:
        return names_cell(value)


def deprecated_tag(record: Any) -> SafeString:
    """A mark beside a name, with the reason as its title; nothing where the version may be chosen."""
    if record.deprecated_at is None:
        return format_html("")
    return format_html(' <span class="s-tag" title="{}">{}</span>', record.deprecated_because, _("Deprecated"))


class _RegistryFilter(django_filters.FilterSet):
    def search(self, rows: QuerySet[Any], _name: str, words: str) -> QuerySet[Any]:
        rows = rows.annotate(tag_words=Cast("tags", TextField()), more_words=Cast(self.also_in, TextField()))
        wanted = Q(name__icontains=words) | Q(description__icontains=words) | Q(owner__name__icontains=words)
        return rows.filter(wanted | Q(tag_words__icontains=words) | Q(more_words__icontains=words))

    also_in = "tags"


class EntityFilter(_RegistryFilter):
    q = django_filters.CharFilter(label=gettext_lazy("Search entities"), method="search")
    also_in = "join_keys"


class DeprecatedFilter(django_filters.FilterSet):
    """Those that should not be chosen any more, or the others."""

    deprecated = django_filters.ChoiceFilter(
        label=gettext_lazy("Deprecated"),
        method="marked",
        choices=[("yes", gettext_lazy("Yes")), ("no", gettext_lazy("No"))],
        empty_label=gettext_lazy("Any"),
    )

    def marked(self, rows: QuerySet[Any], _name: str, said: str) -> QuerySet[Any]:
        return rows.filter(deprecated_at__isnull=said == "no")


class ServiceFilter(_RegistryFilter, DeprecatedFilter):
    q = django_filters.CharFilter(label=gettext_lazy("Search services"), method="search")
    also_in = "views"
