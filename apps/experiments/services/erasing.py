"""Runs that learned from a person's rows: people are told of them, and decide."""

from __future__ import annotations

from apps.datasets import services as datasets
from apps.datasets.choices import ErasedKind
from apps.experiments import selectors
from apps.experiments.choices import ACTIVE, RunState


class RunReach(datasets.Reach):
    rank = 40
    kinds = frozenset({ErasedKind.RUN})

    def look(self, search: datasets.Search) -> list[datasets.Reached]:
        rows = selectors.visible_runs(actor=search.actor, project_id=search.project_id)
        rows = rows.filter(training_set_id__in=search.reached, state=RunState.SUCCEEDED).order_by("number")
        return [
            datasets.Reached(
                kind=ErasedKind.RUN,
                id=run.pk,
                name=f"{run} {run.recipe}",
                digest=run.spec_digest,
                inputs=(run.training_set_id,),
            )
            for run in rows
        ]

    def unfinished(self, search: datasets.Search) -> list[str]:
        rows = selectors.visible_runs(actor=search.actor, project_id=search.project_id)
        return [f"{run} {run.recipe}" for run in rows.filter(training_set_id__in=search.reached, state__in=ACTIVE)]
