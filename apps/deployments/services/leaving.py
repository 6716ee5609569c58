"""Deployments of a tenant or a project that is deleted: every replica ends, and nobody is led there any more."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from apps.deployments.models import Deployment, Revision
from apps.deployments.services import lookups
from apps.deployments.services.replicas import model_folder
from apps.deployments.services.routing import routes_changed
from apps.projects import services as projects
from foundation import engines
from foundation.identity import Actor
from foundation.tenancy import scope
from foundation.tenancy.models import Tenant


class DeploymentFarewell(projects.Farewell):
    def holds(self, actor: Actor, project_id: UUID) -> Iterable[projects.Held]:
        mine = Deployment.objects.filter(tenant_id=actor.tenant_id, project_id=project_id)
        yield projects.Held(_("Deployments"), mine.count())

    def end(self, tenant: Tenant, project_id: UUID) -> None:
        with scope(tenant.pk):
            revisions = list(Revision.objects.filter(tenant=tenant, project_id=project_id))
            routes_changed()
        _end(revisions)

    def forget(self, tenant: Tenant, project_id: UUID, things: list[str]) -> None:
        """The routes once more, since the rows are gone that made them."""
        with scope(tenant.pk):
            routes_changed()


def end_replicas(tenant: Tenant) -> None:
    """Stop and remove each; one that is gone already is no trouble."""
    with scope(tenant.pk):
        revisions = list(Revision.objects.filter(tenant=tenant))
        routes_changed()
    _end(revisions)


def _end(revisions: Iterable[Revision]) -> None:
    for revision in revisions:
        if revision.engine_name:
            engines.current().stop(revision.engine_name)
            engines.current().remove(revision.engine_name)
        if (folder := model_folder(revision)).exists():
            shutil.rmtree(folder)
        lookups.end(revision)
