"""Who may listen to a run's topics, and how runs stand in a chain."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.urls import reverse

from apps.datasets import services as datasets
from apps.experiments import selectors, services
from apps.experiments.choices import ACTIVE, RunState
from apps.features import selectors as features
from apps.features.choices import FeatureUse
from apps.projects import selectors as projects
from apps.projects import services as project_services
from apps.tenants import selectors as tenant_selectors
from apps.tenants import services as tenants
from foundation import ledger, live
from foundation.errors import NotFound
from foundation.identity import Actor
from foundation.ledger import RecordedEvent
from foundation.web import chain, lineage


def register() -> None:
    tenants.register_export("runs", services.run_part)
    tenants.register_farewell("mlflow", services.leave_mlflow)
    tenant_selectors.register_coming_in("logs of runs", selectors.bytes_of_logs)
    ledger.subscribe("run.started", name="experiments.usage", handler=_usage_begins)
    for kind in ("run.succeeded", "run.failed", "run.cancelled"):
        ledger.subscribe(kind, name="experiments.usage", handler=_usage_ends)
    features.register_users(FeatureUse.RUN, selectors.training_sets_run)
    projects.register_work("run", _work)
    project_services.register_farewell("experiments", services.RunFarewell())
    live.register_topic("run", check=_check_listener)
    datasets.register_reach(services.RunReach())
    chain.register("run", _run_link)
    chain.register_upwards("training_set", _made_of_training_set)
    lineage.register("run", selectors.run_things)
    lineage.register_above("training_set", selectors.made_of_training_sets)


def _work(actor: Actor, project_id: UUID) -> Iterable[projects.AtWork]:
    rows = selectors.visible_runs(actor=actor, project_id=project_id).filter(state__in=ACTIVE)
    return [projects.AtWork("run", run.pk, f"{run} {run.recipe}", str(RunState(run.state).label)) for run in rows]


def _usage_begins(event: RecordedEvent) -> None:
    services.begin_usage(event=event)


def _usage_ends(event: RecordedEvent) -> None:
    tenants.end_usage(tenant_id=event.tenant_id, subject_id=UUID(event.payload["run_id"]), at=event.recorded_at)


def _check_listener(actor: Actor, run_id: UUID) -> None:
    selectors.get_run(actor=actor, run_id=run_id)


def _run_link(actor: Actor, run_id: UUID) -> chain.Link | None:
    try:
        run = selectors.get_run(actor=actor, run_id=run_id)
    except NotFound:
        return None
    node = chain.ChainNode(
        kind="run",
        name=f"{run} {run.recipe}",
        state=run.state,
        state_label=str(RunState(run.state).label),
        at=run.ended_at or run.created_at,
        url=reverse("experiments:run_detail", args=[actor.tenant.slug, run.project.slug, run.pk]),
        digest=run.spec_digest,
        actor=str(run.created_by or ""),
        owner_id=run.created_by_id,
    )
    return chain.Link(node, made_from=(("training_set", run.training_set_id),))


def _made_of_training_set(actor: Actor, training_set_id: UUID) -> Iterable[chain.Reference]:
    rows = selectors.runs_of_training_set(actor=actor, training_set_id=training_set_id)
    return [("run", run.pk) for run in rows.filter(state=RunState.SUCCEEDED)]
