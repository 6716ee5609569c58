"""All that a model version stands on and all that was made of it, as rows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from apps.approvals import selectors as approvals
from apps.datasets import selectors as datasets
from apps.deployments import selectors as deployments
from apps.experiments import selectors as experiments
from apps.features import selectors as features
from apps.monitoring import selectors as monitoring
from foundation.identity import Actor


@dataclass(frozen=True)
class ModelChain:
    """The rows of a chain, each kind in the order in which it came about."""

    version: Any
    run: Any
    repeats: list[Any]
    training_set: Any
    views: list[Any]
    dataset_versions: list[Any]
    cases: list[Any]
    revisions: list[Any]
    monitors: list[Any]
    alerts: list[Any]

    def subjects(self) -> list[tuple[str, UUID]]:
        """What the ledger's entries about this chain are about."""
        named = {
            "dataset_version": self.dataset_versions,
            "feature_view": self.views,
            "training_set": [self.training_set],
            "run": [self.run, *self.repeats],
            "model_version": [self.version],
            "approval_case": self.cases,
            "revision": self.revisions,
            "monitor": self.monitors,
            "alert": self.alerts,
        }
        found = [(kind, row.pk) for kind, rows in named.items() for row in rows]
        return [*found, *dict.fromkeys(("deployment", revision.deployment_id) for revision in self.revisions)]


def chain_of_version(*, actor: Actor, version: Any) -> ModelChain:
    run = experiments.get_run(actor=actor, run_id=version.run_id)
    training_set = features.get_training_set(actor=actor, training_set_id=run.training_set_id)
    views = features.views_of(actor=actor, training_set=training_set)
    read = [training_set.base_version_id, *(UUID(pk) for view in views for pk in view.inputs.values())]
    revisions = list(deployments.revisions_of_version(actor=actor, version_id=version.pk).order_by("created_at"))
    watched = {revision.deployment_id for revision in revisions}
    monitors = list(monitoring.visible_monitors(actor=actor).filter(deployment_id__in=watched))
    alerts = monitoring.visible_alerts(actor=actor).filter(monitor__in=monitors, model_version_id=version.pk)
    cases = approvals.cases_of(actor=actor, subject=("model_version", version.pk)).order_by("created_at")
    return ModelChain(
        version=version,
        run=run,
        repeats=list(experiments.repeats_of(actor=actor, run_id=run.pk)),
        training_set=training_set,
        views=views,
        dataset_versions=_versions(actor, read),
        cases=list(cases),
        revisions=revisions,
        monitors=monitors,
        alerts=list(alerts.order_by("raised_at")),
    )


def _versions(actor: Actor, wanted: Iterable[UUID]) -> list[Any]:
    """The dataset versions that were read, and those they were derived from, the oldest first."""
    found: dict[UUID, Any] = {}
    missing = set(wanted)
    while missing:
        rows = datasets.visible_versions(actor=actor).filter(pk__in=missing)
        found.update({row.pk: row for row in rows})
        inputs = {UUID(pk) for row in rows for pk in row.source.get("inputs", {}).values()}
        missing = inputs - set(found)
    return sorted(found.values(), key=lambda row: row.created_at)
