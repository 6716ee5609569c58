"""Any thing of the portal by its kind and id, as far as the actor may see it."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from apps.approvals import selectors as approvals
from apps.compliance import selectors as compliance
from apps.connections import selectors as connections
from apps.datasets import selectors as datasets
from apps.deployments import selectors as deployments
from apps.experiments import selectors as experiments
from apps.features import selectors as features
from apps.monitoring import selectors as monitoring
from apps.projects import selectors as projects
from apps.registry import selectors as registry
from apps.streams import selectors as streams
from apps.tenants import selectors as tenants
from foundation import access
from foundation.access import Permission
from foundation.errors import NotFound
from foundation.identity import Actor


@dataclass(frozen=True)
class Thing:
    """A thing by kind and id, with its name and its project's name and short name (empty outside projects)."""

    kind: str
    id: UUID
    name: str
    project: str = ""
    project_slug: str = ""
    note: str = ""
    project_id: UUID | None = None


@dataclass(frozen=True)
class Kind:
    """How a kind is read: the permission, the rows that the actor sees, and how one is called.

    With `own` a person sees what is their own without the permission.
    """

    permission: Permission
    rows: Callable[..., QuerySet[Any]]
    name: Callable[[Any], str] = str
    in_project: bool = True
    own: bool = False

    def opens_to(self, actor: Actor) -> bool:
        """Whether there may be rows of the kind that the actor sees."""
        return access.can_somewhere(actor, self.permission) or (self.own and access.reads_own(actor, self.permission))


KINDS: dict[str, Kind] = {
    "project": Kind(Permission.PROJECT_VIEW, projects.visible_projects, in_project=False),
    "connection": Kind(Permission.CONNECTION_VIEW, connections.visible_connections),
    "stream": Kind(Permission.STREAM_VIEW, streams.visible_streams),
    "ingestion": Kind(Permission.DATASET_VIEW, datasets.visible_ingestions),
    "dataset": Kind(Permission.DATASET_VIEW, datasets.visible_datasets),
    "dataset_version": Kind(Permission.DATASET_VIEW, datasets.visible_versions),
    "transformation": Kind(Permission.DATASET_VIEW, datasets.visible_transformations),
    "entity": Kind(Permission.FEATURE_VIEW, features.visible_entities),
    "feature_service": Kind(Permission.FEATURE_VIEW, features.visible_services),
    "feature": Kind(Permission.FEATURE_VIEW, features.visible_features),
    "on_demand_view": Kind(Permission.FEATURE_VIEW, features.visible_on_demand_views),
    "feature_view": Kind(Permission.FEATURE_VIEW, features.visible_views),
    "retrieval": Kind(Permission.FEATURE_VIEW, features.visible_retrievals),
    "training_set": Kind(Permission.FEATURE_VIEW, features.visible_training_sets),
    "run": Kind(Permission.RUN_VIEW, experiments.visible_runs, lambda row: f"{row} {row.recipe}"),
    "model": Kind(Permission.MODEL_VIEW, registry.visible_models),
    "model_version": Kind(Permission.MODEL_VIEW, registry.visible_versions),
    "deployment": Kind(Permission.DEPLOYMENT_VIEW, deployments.visible_deployments),
    "revision": Kind(Permission.DEPLOYMENT_VIEW, deployments.visible_revisions),
    "monitor": Kind(Permission.MONITOR_VIEW, monitoring.visible_monitors),
    "alert": Kind(Permission.MONITOR_VIEW, monitoring.visible_alerts),
    "approval_case": Kind(Permission.APPROVAL_VIEW, approvals.visible_cases, own=True),
    "service_account": Kind(Permission.MEMBER_MANAGE, tenants.service_accounts, in_project=False),
    "erasure": Kind(Permission.DATASET_DESTROY, datasets.visible_erasures),
    "report": Kind(Permission.REPORT_VIEW, compliance.visible_reports, lambda row: str(row.model_version)),
}


def rows_of(actor: Actor, kind: str) -> QuerySet[Any] | None:
    """The rows of a kind that the actor may see; none where they may not see the kind at all."""
    known = KINDS.get(kind)
    if known is None or not known.opens_to(actor):
        return None
    rows = known.rows(actor=actor)
    return rows.select_related("project") if known.in_project else rows


def shown(kind: str, row: Any, note: str = "") -> Thing:
    # A case may be about the tenant, a connection open to all its projects; a service account is of the tenant.
    project = row if kind == "project" else getattr(row, "project", None)
    name, slug = (project.name, project.slug) if project else ("", "")
    return Thing(kind, row.pk, KINDS[kind].name(row), name, slug, note, project.pk if project else None)


def things(*, actor: Actor, kind: str, ids: Collection[UUID]) -> dict[UUID, Thing]:
    """Those of the ids that the actor may see; one query."""
    rows = rows_of(actor, kind)
    return {row.pk: shown(kind, row) for row in rows.filter(pk__in=ids)} if rows is not None else {}


def locate(*, actor: Actor, kind: str, object_id: UUID) -> Thing:
    """The thing, or for a revision its deployment: what has a page of its own."""
    rows = rows_of(actor, kind)
    row = rows.filter(pk=object_id).first() if rows is not None else None
    if row is None:
        raise NotFound(_("There is no such thing here, or it is not yours to see."))
    if kind == "revision":
        return Thing("deployment", row.deployment_id, str(row), row.project.name, row.project.slug)
    return shown(kind, row)
