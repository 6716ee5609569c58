"""Reads of deployments, each limited to what the actor may see; and the gateway's table, for the gateway alone."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.deployments.adapters import gateway
from apps.deployments.choices import Health, RevisionState
from apps.deployments.models import Deployment, Revision, RouteTable
from apps.deployments.ports import LiveStats
from apps.tenants import selectors as tenants
from foundation import access, engines
from foundation.access import Permission
from foundation.errors import NotFound, PortalError
from foundation.identity import Actor
from foundation.tenancy import every_tenant, lock_of, scope
from foundation.web.lineage import Reference, Thing, Whole

if TYPE_CHECKING:
    from apps.registry.models import ModelVersion


def visible_deployments(*, actor: Actor, project_id: UUID | None = None) -> QuerySet[Deployment]:
    rows = Deployment.objects.select_related("model", "project", "tenant")
    rows = access.visible(rows, actor, Permission.DEPLOYMENT_VIEW, project_id=project_id)
    return rows.prefetch_related("revisions__model_version__model")


def get_deployment(*, actor: Actor, deployment_id: UUID) -> Deployment:
    deployment = visible_deployments(actor=actor).filter(pk=deployment_id).first()
    if deployment is None:
        raise NotFound(_("There is no such deployment here."))
    return deployment


def deployment_to_invoke(*, actor: Actor, slug: str) -> Deployment:
    """The deployment behind an address, for whoever may ask it; a token for predictions alone sees nothing else."""
    rows = Deployment.objects.filter(tenant_id=actor.tenant_id, slug=slug)
    deployment = (rows.filter(project_id=actor.project_id) if actor.project_id else rows).first()
    if deployment is None:
        raise NotFound(_("There is no such deployment here."))
    access.require(actor, Permission.DEPLOYMENT_INVOKE, deployment)
    return deployment


def visible_revisions(*, actor: Actor, deployment_id: UUID | None = None) -> QuerySet[Revision]:
    rows = Revision.objects.select_related("deployment", "model_version__model", "created_by", "project")
    rows = access.visible(rows, actor, Permission.DEPLOYMENT_VIEW)
    return rows.filter(deployment_id=deployment_id) if deployment_id else rows


def get_revision(*, actor: Actor, revision_id: UUID) -> Revision:
    revision = visible_revisions(actor=actor).filter(pk=revision_id).first()
    if revision is None:
        raise NotFound(_("There is no such revision here."))
    return revision


def at_work(revision: Revision) -> bool:
    """Whether it has a replica, is given one, or would have traffic if it had."""
    return bool(revision.traffic_percent) or revision.state in {RevisionState.STARTING, RevisionState.READY}


def serving_revisions(deployment: Deployment) -> list[Revision]:
    """The revisions that get traffic, the largest share first."""
    found = [revision for revision in deployment.revisions.all() if revision.traffic_percent]
    return sorted(found, key=lambda revision: -revision.traffic_percent)


def health_of(deployment: Deployment, *, gateway_answers: bool) -> Health:
    """Does it answer? What gets no traffic matters only while it starts, or where nothing else would serve."""
    serving, revisions = serving_revisions(deployment), deployment.revisions.all()
    well = [revision for revision in serving if revision.state == RevisionState.READY]
    if serving and len(well) == len(serving):
        return Health.HEALTHY if gateway_answers else Health.UNKNOWN
    if any(revision.state == RevisionState.STARTING for revision in revisions):
        return Health.STARTING
    if well:
        return Health.DEGRADED
    stopped = not serving and all(revision.state == RevisionState.STOPPED for revision in revisions)
    return Health.STOPPED if stopped else Health.UNHEALTHY


def rollback_target(revisions: Iterable[Revision]) -> tuple[Revision | None, Revision | None]:
    """Where a roll-back would lead, and from where; never to a version that somebody retired."""
    known = list(revisions)
    target = next((revision for revision in earlier_ready(known) if revision.model_version.may_serve), None)
    return target, _serves_most(known)


def earlier_ready(revisions: Iterable[Revision]) -> list[Revision]:
    """The ready revisions before the one that serves most, the newest first."""
    known = list(revisions)
    serving = _serves_most(known)
    ready = [r for r in known if serving and r.number < serving.number and r.state == RevisionState.READY]
    return sorted(ready, key=lambda revision: -revision.number)


def _serves_most(revisions: list[Revision]) -> Revision | None:
    return max((r for r in revisions if r.traffic_percent), key=lambda r: r.traffic_percent, default=None)


def revisions_of_version(*, actor: Actor, version_id: UUID) -> QuerySet[Revision]:
    return visible_revisions(actor=actor).filter(model_version_id=version_id)


def routes_version() -> int:
    row = RouteTable.objects.first()
    return row.number if row else 0


def route_table() -> dict[str, Any]:
    """Every tenant's routes: what the gateway keeps and serves by. For the gateway, which serves all tenants."""
    routes: dict[str, Any] = {}
    for tenant in every_tenant():
        lock = lock_of(tenant)
        with scope(tenant.pk):
            limits = tenants.request_limits(tenant_id=tenant.pk)
            for deployment in Deployment.objects.select_related("model").prefetch_related("revisions"):
                routes[f"{tenant.slug}/{deployment.slug}"] = {
                    **_route(deployment, lock=lock),
                    "limits": {
                        "tenant": limits.get(None),
                        "project": limits.get(deployment.project_id),
                    },
                }
    return routes


def _route(deployment: Deployment, *, lock: PortalError | None) -> dict[str, Any]:
    # A replica has the model open in its memory: where the tenant took its key away or is suspended, nobody is led
    # to it.
    revisions = [] if lock else list(deployment.revisions.all())
    ready = [r for r in revisions if r.state == RevisionState.READY and r.address and r.traffic_percent]
    return {
        "tenant_id": str(deployment.tenant_id),
        "project_id": str(deployment.project_id),
        "deployment_id": str(deployment.pk),
        "model": deployment.model.name,
        "revisions": [
            {
                "id": str(revision.pk),
                "number": revision.number,
                "address": revision.address,
                "weight": revision.traffic_percent,
                "attempt": revision.attempt,
            }
            for revision in ready
        ],
        # Nobody answers, but only for now: the gateway then says so instead of "no revision receives traffic".
        "starting": not ready and any(r.state == RevisionState.STARTING for r in revisions),
        "locked": lock.sentence if lock else "",
        "locked_by": lock.slug if lock else "",
        "shadow": [],
        "max_body_bytes": deployment.max_body_bytes,
        "log": deployment.log_requests,
    }


def address_of(deployment: Deployment) -> str:
    """The public address, as clients write it."""
    return f"{settings.SANAD_PUBLIC_URL}/inference/{deployment.tenant.slug}/{deployment.slug}"


def version_to_show(deployment: Deployment) -> Any:
    """The model version whose inputs a page shows: the one that serves most, else the newest."""
    revisions = [*serving_revisions(deployment), *deployment.revisions.all()]
    if not revisions:
        raise NotFound(_("This deployment has no revision yet."))
    return revisions[0].model_version


def example_row(version: ModelVersion) -> dict[str, Any]:
    """A row that nobody ever sent: the usual value of each feature, as the reference of the training rows has it."""
    reference = version.reference.get("features", {})
    return {
        feature["name"]: _usual(feature, reference.get(feature["name"], {}))
        for feature in version.input_schema.get("features", [])
    }


def _usual(feature: dict[str, Any], described: dict[str, Any]) -> Any:
    if feature["type"] in {"category", "boolean"}:
        first = next(iter(described.get("categories") or feature.get("categories") or []), None)
        return first == "true" if feature["type"] == "boolean" else first
    middle = described.get("mean")
    if middle is None:
        return None
    if feature["type"] == "timestamp":
        return datetime.fromtimestamp(round(middle), UTC).isoformat()
    return round(middle) if feature["type"] == "integer" else float(f"{middle:.4g}")


def live_stats(*, actor: Actor, deployment_id: UUID) -> LiveStats | None:
    """What the gateway counts of a deployment now; no revisions where nobody asked, None where it does not answer."""
    found = _gateway_stats(actor)
    return found[1].get(str(deployment_id), LiveStats(found[0])) if found else None


def live_stats_of_all(*, actor: Actor) -> dict[str, LiveStats] | None:
    """The gateway's counters of every deployment of the tenant; None where it does not answer."""
    found = _gateway_stats(actor)
    return found[1] if found else None


def log_waiting(*, actor: Actor) -> int | None:
    """Bytes of the inference log, of all tenants, that the gateway still keeps; None where it does not answer."""
    access.require_somewhere(actor, Permission.DEPLOYMENT_VIEW)
    return gateway.read_waiting(settings.SANAD_RUN / "gateway-internal.sock")


def _gateway_stats(actor: Actor) -> tuple[float, dict[str, LiveStats]] | None:
    access.require_somewhere(actor, Permission.DEPLOYMENT_VIEW)
    return gateway.read_stats(settings.SANAD_RUN / "gateway-internal.sock", str(actor.tenant_id))


def inference_table(deployment_id: UUID) -> str:
    """The lake table of a deployment's inference log."""
    return f"inference_{deployment_id.hex}"


def read_log(revision: Revision, *, offset: int) -> tuple[bytes, int]:
    """What the present replica has said from `offset` on, and where that ends."""
    if not revision.engine_name:
        return b"", 0
    try:
        return engines.current().logs(revision.engine_name, offset)
    except engines.WorkloadMissing:
        return b"", offset


def revision_things(actor: Actor, ids: Collection[UUID]) -> Iterator[Thing]:
    """Revisions among these that the actor may see, as they stand in the picture of lineage."""
    for revision in visible_revisions(actor=actor).filter(pk__in=ids):
        deployment, slugs = revision.deployment, [actor.tenant.slug, revision.project.slug]
        url = reverse("deployments:deployment_detail", args=[*slugs, deployment.pk])
        yield Thing(
            kind="revision",
            pk=revision.pk,
            name=str(revision),
            project_id=revision.project_id,
            project=revision.project.slug,
            url=url,
            state=revision.state,
            state_label=str(RevisionState(revision.state).label),
            at=revision.ready_at or revision.created_at,
            digest=revision.artifact_digest,
            part_of=Whole("deployment", deployment.pk, deployment.name, url),
            made_from=(("model_version", revision.model_version_id),),
            same_columns=True,
        )


def made_of_model_versions(actor: Actor, ids: Collection[UUID]) -> list[tuple[UUID, Reference]]:
    """Revisions that serve model versions or once did, in the whole tenant."""
    rows = Revision.objects.filter(tenant_id=actor.tenant_id, model_version_id__in=ids)
    return [(of, ("revision", pk)) for pk, of in rows.values_list("pk", "model_version_id")]


def training_sets_served(actor: Actor) -> QuerySet[Any, Any]:
    """The ids of training sets whose models answer requests in deployments that the actor sees."""
    if not access.can_somewhere(actor, Permission.DEPLOYMENT_VIEW):
        return Revision.objects.none().values("model_version__run__training_set_id")
    serving = visible_revisions(actor=actor).filter(traffic_percent__gt=0)
    return serving.order_by().values("model_version__run__training_set_id")


def revisions_of_deployment(actor: Actor, deployment_id: UUID) -> list[UUID]:
    """All of them, newest first; NotFound where the actor does not see the deployment."""
    deployment = get_deployment(actor=actor, deployment_id=deployment_id)
    return [revision.pk for revision in sorted(deployment.revisions.all(), key=lambda one: -one.number)]
