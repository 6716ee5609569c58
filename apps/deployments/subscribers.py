"""Who may listen to deployments, and how revisions stand in a chain."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.deployments import selectors, services
from apps.deployments.choices import RevisionState
from apps.features import selectors as features
from apps.features.choices import FeatureUse
from apps.projects import selectors as projects
from apps.projects import services as project_services
from apps.tenants import services as tenants
from foundation import ledger, live
from foundation.errors import NotFound
from foundation.identity import Actor
from foundation.lake import keeping
from foundation.ledger import RecordedEvent
from foundation.web import chain, lineage


def register() -> None:
    tenants.register_farewell("deployments", services.end_replicas)
    ledger.subscribe("revision.started", name="deployments.usage", handler=_usage_begins)
    for kind in ("revision.stopped", "revision.failed", "revision.replica_lost"):
        ledger.subscribe(kind, name="deployments.usage", handler=_usage_ends)
    for kind in ("quota.changed", "quota.removed"):
        ledger.subscribe(kind, name="deployments.request_limits", handler=_limits_changed)
    for kind in ("key.withdrawn", "key.brought", "key.tenant_shredded", "tenant.suspended", "tenant.resumed"):
        ledger.subscribe(kind, name="deployments.locks", handler=_lock_changed)
    projects.register_work("revision", _work)
    project_services.register_farewell("deployments", services.DeploymentFarewell())
    live.register_topic("deployment", check=lambda actor, pk: selectors.get_deployment(actor=actor, deployment_id=pk))
    live.register_topic("revision", check=lambda actor, pk: selectors.get_revision(actor=actor, revision_id=pk))
    chain.register("revision", _revision_link)
    features.register_users(FeatureUse.DEPLOYMENT, selectors.training_sets_served)
    lineage.register("revision", selectors.revision_things)
    lineage.register_above("model_version", selectors.made_of_model_versions)
    lineage.register_whole("deployment", "revision", selectors.revisions_of_deployment)
    chain.register_upwards("model_version", _made_of_version)
    # The inference log of each deployment, appended to for as long as it answers.
    keeping.register("inference_", grows=True)


def _work(actor: Actor, project_id: UUID) -> Iterable[projects.AtWork]:
    """Deployments that serve, or have replicas that could: whoever looks after them takes them out of service."""
    for deployment in selectors.visible_deployments(actor=actor, project_id=project_id):
        if busy := [revision for revision in deployment.revisions.all() if selectors.at_work(revision)]:
            percent = sum(revision.traffic_percent for revision in busy)
            up = ngettext("%(count)d replica is up", "%(count)d replicas are up", len(busy)) % {"count": len(busy)}
            says = _("serves %(percent)d %% of its requests") % {"percent": percent} if percent else up
            yield projects.AtWork("deployment", deployment.pk, deployment.name, says)


def _usage_begins(event: RecordedEvent) -> None:
    services.begin_usage(event=event)


def _usage_ends(event: RecordedEvent) -> None:
    tenants.end_usage(tenant_id=event.tenant_id, subject_id=UUID(event.payload["revision_id"]), at=event.recorded_at)


def _limits_changed(_event: RecordedEvent) -> None:
    """The gateway keeps requests a second with its routes, so it has to fetch them anew."""
    services.routes_changed()


def _lock_changed(_event: RecordedEvent) -> None:
    """Whether anybody is led to the tenant's deployments is part of the routes, too."""
    services.routes_changed()


def _revision_link(actor: Actor, revision_id: UUID) -> chain.Link | None:
    try:
        revision = selectors.get_revision(actor=actor, revision_id=revision_id)
    except NotFound:
        return None
    changed = revision.artifact_digest != revision.model_version.artifact_digest
    node = chain.ChainNode(
        kind="revision",
        name=str(revision),
        state=revision.state,
        state_label=str(RevisionState(revision.state).label),
        at=revision.ready_at or revision.created_at,
        url=reverse(
            "deployments:deployment_detail", args=[actor.tenant.slug, revision.project.slug, revision.deployment_id]
        ),
        digest=revision.artifact_digest,
        actor=str(revision.created_by or ""),
        owner_id=revision.created_by_id,
        broken_reason=_("It serves another artifact than the one approved.") if changed else "",
    )
    return chain.Link(node, made_from=(("model_version", revision.model_version_id),))


def _made_of_version(actor: Actor, version_id: UUID) -> Iterable[chain.Reference]:
    return [
        ("revision", revision.pk) for revision in selectors.revisions_of_version(actor=actor, version_id=version_id)
    ]
