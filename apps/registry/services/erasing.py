"""Models that learned from a person's rows: people are told of them, and decide."""

from __future__ import annotations

from apps.datasets import services as datasets
from apps.datasets.choices import ErasedKind
from apps.registry import selectors


class ModelReach(datasets.Reach):
    rank = 50
    kinds = frozenset({ErasedKind.MODEL_VERSION})

    def look(self, search: datasets.Search) -> list[datasets.Reached]:
        rows = selectors.visible_versions(actor=search.actor).filter(
            project_id=search.project_id, run_id__in=search.reached
        )
        return [
            datasets.Reached(
                kind=ErasedKind.MODEL_VERSION,
                id=version.pk,
                name=str(version),
                digest=version.artifact_digest,
                inputs=(version.run_id,),
            )
            for version in rows.order_by("created_at")
        ]
