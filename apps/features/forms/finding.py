"""By what features are found: the same words on the page, over REST and in saved filters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import django_filters
from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from apps.features import selectors
from apps.features.choices import FeatureKind, FeatureUse, Within

_MOST_CHOICES = 200
_PERCENT = forms.NumberInput(attrs={"min": 0, "max": 100, "step": "any", "inputmode": "decimal", "class": "s-short"})


_NUMBER = forms.NumberInput(attrs={"step": "any", "inputmode": "decimal", "class": "s-short"})
_COUNT = forms.NumberInput(attrs={"min": 0, "inputmode": "numeric", "class": "s-short"})
# What a whole number of the database and a number of 64 bits both hold exactly.
_COUNTABLE = {"min_value": 0, "max_value": 10**15}
_RANGES = (("mean_from", "mean_to"), ("distinct_from", "distinct_to"))


class _Asked(forms.Form):
    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or {}
        for low, high in _RANGES:
            begin, end = said.get(low), said.get(high)
            if begin is not None and end is not None and begin > end:
                self.add_error(high, _("The range ends before it begins: nothing lies in it."))
        return said


class FeatureFilter(django_filters.FilterSet):
    """`request` is the page's: its project's entities, owners and tags are offered; without one nothing is."""

    q = django_filters.CharFilter(label=_("Search features"), method="search")
    kind = django_filters.ChoiceFilter(label=_("Type"), choices=FeatureKind.choices, empty_label=_("Any"))
    entity = django_filters.CharFilter(label=_("Entity"), method="of_entity", widget=forms.Select)
    made = django_filters.ChoiceFilter(
        label=_("Computed"),
        choices=[("ahead", _("Ahead, by a view")), ("asked", _("When asked for"))],
        empty_label=_("Either way"),
        method="made_when",
    )
    missing = django_filters.NumberFilter(
        label=_("Missing at most, %"), method="less_missing", widget=_PERCENT, min_value=0, max_value=100
    )
    mean_from = django_filters.NumberFilter(label=_("Mean from"), method="in_range", widget=_NUMBER)
    mean_to = django_filters.NumberFilter(label=_("Mean to"), method="in_range", widget=_NUMBER)
    distinct_from = django_filters.NumberFilter(
        label=_("Distinct from"), method="in_range", widget=_COUNT, **_COUNTABLE
    )
    distinct_to = django_filters.NumberFilter(label=_("Distinct to"), method="in_range", widget=_COUNT, **_COUNTABLE)
    within = django_filters.ChoiceFilter(
        label=_("Newest value within"), choices=Within.choices, empty_label=_("Any time"), method="young"
    )
    used = django_filters.ChoiceFilter(
        label=_("Used by"), choices=FeatureUse.choices, empty_label=_("Any"), method="used_by"
    )
    skewed = django_filters.ChoiceFilter(
        label=_("Differs from what models learned"),
        choices=[("no", _("Left out")), ("only", _("Alone"))],
        empty_label=_("With the others"),
        method="served_otherwise",
    )
    owner = django_filters.CharFilter(label=_("Owner"), method="owned_by", widget=forms.Select)
    tag = django_filters.CharFilter(label=_("Tag"), method="tagged", widget=forms.Select)
    deprecated = django_filters.ChoiceFilter(
        label=_("Deprecated"),
        choices=[("no", _("Left out")), ("only", _("Alone"))],
        empty_label=_("With the others"),
        method="old",
    )

    class Meta:
        form = _Asked

    def __init__(self, data: Any = None, *args: Any, actor: Any = None, request: Any = None, **kwargs: Any) -> None:
        super().__init__(data, *args, request=request, **kwargs)
        self.actor = actor or request.actor
        for name, words in self._offered().items():
            field = self.form.fields[name]
            field.widget.choices = [("", _("Any")), *((word, word) for word in words)]
            if request is not None and not words:
                # A choice without anything to choose from is in the way.
                field.widget = forms.HiddenInput()

    def _offered(self) -> Mapping[str, Iterable[str]]:
        if self.request is None:
            return {"entity": [], "owner": [], "tag": []}
        return selectors.words_to_find_by(actor=self.actor, project_id=self.request.project.pk, most=_MOST_CHOICES)

    def search(self, rows: QuerySet[Any], _name: str, words: str) -> QuerySet[Any]:
        return selectors.matching(rows, words, actor=self.actor)

    def less_missing(self, rows: QuerySet[Any], _name: str, percent: Any) -> QuerySet[Any]:
        return rows.filter(null_share__lte=float(percent) / 100)

    def in_range(self, rows: QuerySet[Any], name: str, value: Any) -> QuerySet[Any]:
        """Those of which the figure is known and lies there; of values that anybody sees masked no mean is."""
        figure, end = name.rsplit("_", 1)
        return rows.filter(**{f"{figure}__{'gte' if end == 'from' else 'lte'}": float(value)})

    def served_otherwise(self, rows: QuerySet[Any], _name: str, which: str) -> QuerySet[Any]:
        return selectors.served_otherwise(rows, skewed=which == "only")

    def young(self, rows: QuerySet[Any], _name: str, within: str) -> QuerySet[Any]:
        return selectors.young(rows, within)

    def used_by(self, rows: QuerySet[Any], _name: str, use: str) -> QuerySet[Any]:
        return selectors.used_by(rows, self.actor, use)

    def owned_by(self, rows: QuerySet[Any], _name: str, owner: str) -> QuerySet[Any]:
        return selectors.owned_by(rows, owner)

    def tagged(self, rows: QuerySet[Any], _name: str, tag: str) -> QuerySet[Any]:
        return selectors.tagged(rows, tag)

    def of_entity(self, rows: QuerySet[Any], _name: str, entity: str) -> QuerySet[Any]:
        return selectors.about_entity(rows, entity)

    def made_when(self, rows: QuerySet[Any], _name: str, when: str) -> QuerySet[Any]:
        return rows.filter(on_demand__isnull=when == "ahead")

    def old(self, rows: QuerySet[Any], _name: str, which: str) -> QuerySet[Any]:
        return selectors.deprecated(rows) if which == "only" else selectors.deprecated(rows, marked=False)
