"""Saved filters whose words name a person who is erased: their owners change them, and whoever erases is told."""

from __future__ import annotations

from apps.dashboards.models import SavedFilter
from apps.datasets import services as datasets
from apps.datasets.choices import ErasedKind
from apps.datasets.services import Reached, Search
from foundation.web.saved_filters import words_of


class FilterMentionReach(datasets.Reach):
    # Beside what datasets' own people wrote down.
    rank = 92
    kinds = frozenset({ErasedKind.SAVED_FILTER})

    def look(self, search: Search) -> list[Reached]:
        if search.otherwise or search.dataset_id:
            return []
        names, values = datasets.naming(search), {search.value, search.value.strip(), search.token} - {""}
        rows = SavedFilter.objects.filter(tenant_id=search.actor.tenant_id, project_id=search.project_id)
        return [
            Reached(kind=ErasedKind.SAVED_FILTER, id=row.pk, name=f"{row.name} ({row.owner or '–'})")
            for row in rows.select_related("owner").order_by("name", "pk").iterator()
            if any(said in values or names.search(said) for said in _said(row))
        ]


def _said(row: SavedFilter) -> list[str]:
    return [row.name, *(value for _name, value in words_of(row.query))]
