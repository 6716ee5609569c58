"""Feature views and on-demand features whose text names the person: it is not rewritten, and whoever erases is told."""

from __future__ import annotations

from apps.datasets import services as datasets
from apps.datasets.choices import ErasedKind
from apps.datasets.services import Reached, Search
from apps.features.models import FeatureView, OnDemandView


class ViewMentionReach(datasets.Reach):
    # Beside what datasets' own people wrote down.
    rank = 91
    kinds = frozenset({ErasedKind.VIEW_SQL})

    def look(self, search: Search) -> list[Reached]:
        if search.otherwise or search.dataset_id:
            return []
        names = datasets.naming(search)
        rows = FeatureView.objects.filter(tenant_id=search.actor.tenant_id, project_id=search.project_id)
        rows = rows.order_by("name", "number").only("pk", "name", "number", "sql")
        found = [(view.pk, str(view)) for view in rows.iterator() if names.search(view.sql)]
        found += [
            (view.pk, str(view))
            for view in OnDemandView.objects.filter(tenant_id=search.actor.tenant_id, project_id=search.project_id)
            if any(names.search(one["expression"]) for one in view.features)
        ]
        return [Reached(kind=ErasedKind.VIEW_SQL, id=pk, name=name) for pk, name in found]
