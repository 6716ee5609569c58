from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django_tables2 import Column

from apps.features.views.names import names_cell
from apps.features.views.registry_tables import DeprecatedFilter
from apps.features.views.tables import FeatureTable


class OnDemandTable(FeatureTable):
    title = _("On-demand features")
    detail = "features:on_demand_detail"
    also = ("number", "deprecated_because")
    name = Column(verbose_name=_("Name"))
    features = Column(verbose_name=_("Features"), orderable=False)
    request = Column(verbose_name=_("Values of the request"), orderable=False, default="–")
    owner = Column(verbose_name=_("Owner"), default="–")
    tags = Column(verbose_name=_("Tags"), orderable=False, default="–")
    created_at = Column(verbose_name=_("Defined"))

    def export_features(self, record: Any) -> list[str]:
        return [feature["name"] for feature in record.features]

    def export_request(self, record: Any) -> list[str]:
        return list(record.request)

    def render_features(self, value: list[dict[str, str]]) -> SafeString:
        return names_cell(feature["name"] for feature in value)

    def render_request(self, value: dict[str, str]) -> SafeString:
        return names_cell(value)

    def render_owner(self, value: Any) -> SafeString:
        return format_html("<bdi>{}</bdi>", value)

    def render_tags(self, value: list[str]) -> SafeString:
        return names_cell(value)


class OnDemandFilter(DeprecatedFilter):
    q = django_filters.CharFilter(label=_("Search on-demand features"), method="search")

    def search(self, rows: QuerySet[Any], _name: str, words: str) -> QuerySet[Any]:
        rows = rows.annotate(feature_words=Cast("features", TextField()), tag_words=Cast("tags", TextField()))
        wanted = Q(name__icontains=words) | Q(description__icontains=words) | Q(tag_words__icontains=words)
        return rows.filter(wanted | Q(feature_words__icontains=words))
