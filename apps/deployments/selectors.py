"""Reads of deployments, each limited to what the actor may see; and the gateway's table, for the gateway alone."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from apps.deployments.choices import RevisionState
from apps.deployments.models import Deployment, Revision, RouteTable
from foundation import access, engines
from foundation.access import Permission
from foundation.errors import NotFound
from foundation.identity import Actor
from foundation.tenancy import every_tenant, scope


def visible_deployments(*, actor: Actor, project_id: UUID | None = None) -> QuerySet[Deployment]:
    access.require(actor, Permission.DEPLOYMENT_VIEW)
    rows = Deployment.objects.filter(tenant_id=actor.tenant_id).select_related("model", "project")
    for limit in filter(None, (project_id, actor.project_id)):
        rows = rows.filter(project_id=limit)
    return rows.prefetch_related("revisions__model_version__model")


def get_deployment(*, actor: Actor, deployment_id: UUID) -> Deployment:
    deployment = visible_deployments(actor=actor).filter(pk=deployment_id).first()
    if deployment is None:
        raise NotFound(_("There is no such deployment here."))
    return deployment


def find_deployment(*, actor: Actor, slug: str) -> Deployment:
    deployment = visible_deployments(actor=actor).filter(slug=slug).first()
    if deployment is None:
        raise NotFound(_("There is no such deployment here."))
    return deployment


def visible_revisions(*, actor: Actor, deployment_id: UUID | None = None) -> QuerySet[Revision]:
    access.require(actor, Permission.DEPLOYMENT_VIEW)
    rows = Revision.objects.filter(tenant_id=actor.tenant_id).select_related(
        "deployment", "model_version__model", "created_by", "project"
    )
    if actor.project_id is not None:
        rows = rows.filter(project_id=actor.project_id)
    return rows.filter(deployment_id=deployment_id) if deployment_id else rows


def get_revision(*, actor: Actor, revision_id: UUID) -> Revision:
    revision = visible_revisions(actor=actor).filter(pk=revision_id).first()
    if revision is None:
        raise NotFound(_("There is no such revision here."))
    return revision


def serving_revisions(deployment: Deployment) -> list[Revision]:
    """The revisions that get traffic, the largest share first."""
    found = [revision for revision in deployment.revisions.all() if revision.traffic_percent]
    return sorted(found, key=lambda revision: -revision.traffic_percent)


def revisions_of_version(*, actor: Actor, version_id: UUID) -> QuerySet[Revision]:
    return visible_revisions(actor=actor).filter(model_version_id=version_id)


def routes_version() -> int:
    row = RouteTable.objects.first()
    return row.number if row else 0


def route_table() -> dict[str, Any]:
    """Every tenant's routes: what the gateway keeps and serves by. For the gateway, which serves all tenants."""
    routes: dict[str, Any] = {}
    for tenant in every_tenant():
        with scope(tenant.pk):
            for deployment in Deployment.objects.select_related("model").prefetch_related("revisions"):
                routes[f"{tenant.slug}/{deployment.slug}"] = _route(deployment)
    return routes


def _route(deployment: Deployment) -> dict[str, Any]:
    ready = [
        r for r in deployment.revisions.all() if r.state == RevisionState.READY and r.address and r.traffic_percent
    ]
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
        "shadow": [],
        "max_body_bytes": deployment.max_body_bytes,
        "log": deployment.log_requests,
    }


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
