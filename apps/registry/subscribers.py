"""What the registry hears, who may listen to its topics, and how versions stand in a chain."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.urls import reverse

from apps.approvals import services as approvals
from apps.datasets import services as datasets
from apps.features import selectors as features
from apps.features.choices import FeatureUse
from apps.projects import services as projects
from apps.registry import selectors, services
from apps.registry.choices import PROMOTION_CASE, Gate, GateState, Stage
from apps.tenants import selectors as tenant_selectors
from apps.tenants import services as tenants
from foundation import ledger, live
from foundation.errors import NotFound
from foundation.identity import Actor
from foundation.ledger import RecordedEvent
from foundation.web import chain, lineage


def register() -> None:
    tenants.register_export("models", services.model_part)
    ledger.subscribe("approval.granted", name="registry.promote", handler=promote_when_granted)
    ledger.subscribe("model_version.registered", name="registry.usage", handler=_usage_begins)
    tenant_selectors.register_model_names(selectors.model_names)
    live.register_topic("model", check=lambda actor, pk: selectors.get_model(actor=actor, model_id=pk))
    live.register_topic(
        "model_version", check=lambda actor, pk: selectors.get_model_version(actor=actor, version_id=pk)
    )
    approvals.register_evidence(
        PROMOTION_CASE,
        "registry/partials/evidence.html",
        selectors.case_evidence,
        digest_fn=selectors.digest_of,
    )
    features.register_users(FeatureUse.MODEL, selectors.training_sets_of_models)
    projects.register_farewell("registry", services.ModelFarewell())
    datasets.register_reach(services.ModelReach())
    chain.register("model_version", _version_link)
    chain.register_upwards("run", _made_of_run)
    lineage.register("model_version", selectors.version_things)
    lineage.register_above("run", selectors.made_of_runs)
    lineage.register_whole("model", "model_version", selectors.versions_of_model)


def promote_when_granted(event: RecordedEvent) -> None:
    if event.payload["case_kind"] != PROMOTION_CASE:
        return
    services.promote_version(
        actor=event.system("approval"),
        version_id=UUID(event.payload["subject_id"]),
        case_id=UUID(event.payload["case_id"]),
    )


def _usage_begins(event: RecordedEvent) -> None:
    services.begin_usage(event=event)


def _version_link(actor: Actor, version_id: UUID) -> chain.Link | None:
    try:
        version = selectors.get_model_version(actor=actor, version_id=version_id)
    except NotFound:
        return None
    failed = [gate for gate in version.gates.all() if gate.gate == Gate.SIGNATURE and gate.state == GateState.FAILED]
    node = chain.ChainNode(
        kind="model_version",
        name=str(version),
        state=version.stage,
        state_label=str(Stage(version.stage).label),
        at=version.promoted_at or version.created_at,
        url=reverse("registry:version_detail", args=[actor.tenant.slug, version.project.slug, version.pk]),
        digest=version.artifact_digest,
        actor=str(version.created_by or ""),
        owner_id=version.created_by_id,
        broken_reason=failed[0].said if failed else "",
    )
    return chain.Link(node, made_from=(("run", version.run_id),))


def _made_of_run(actor: Actor, run_id: UUID) -> Iterable[chain.Reference]:
    return [("model_version", version.pk) for version in selectors.versions_of_run(actor=actor, run_id=run_id)]
