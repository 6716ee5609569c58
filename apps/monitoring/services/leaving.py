"""How a project that is deleted lets go of what its deployments were asked: the log, and what waits before it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet

from apps.deployments import selectors as deployments
from apps.monitoring.adapters.valkey import stream_at
from apps.monitoring.choices import ReplayState
from apps.monitoring.models import Replay
from apps.monitoring.services.draining import drain_up_to_now
from apps.monitoring.services.erasing import check_gateway_is_empty, deployment_of
from apps.projects import services as projects
from foundation.identity import Actor
from foundation.tenancy import scope
from foundation.tenancy.models import Tenant

log = logging.getLogger("sanad.monitoring")


class LogFarewell(projects.Farewell):
    def made_elsewhere(self, actor: Actor, project_id: UUID) -> Iterator[projects.Dependant]:
        rows = Replay.objects.filter(tenant_id=actor.tenant_id, training_set__project_id=project_id)
        found = rows.exclude(project_id=project_id).exclude(state=ReplayState.FAILED)
        for row in found.select_related("deployment", "training_set", "project"):
            yield projects.Dependant("deployment", row.deployment_id, str(row), row.project)

    def dead_elsewhere(self, tenant_id: UUID, project_id: UUID) -> Iterator[QuerySet[Replay]]:
        rows = Replay.objects.filter(tenant_id=tenant_id, training_set__project_id=project_id)
        yield rows.filter(state=ReplayState.FAILED).exclude(project_id=project_id)

    def end(self, tenant: Tenant, project_id: UUID) -> None:
        """What was answered comes into the log, which goes as a whole."""
        if not self._deployments(tenant, project_id):
            return
        system = Actor.system(tenant, "leaving")
        with scope(tenant.pk):
            check_gateway_is_empty(system)
        drain_up_to_now(tenant, between=lambda: None)

    def outside(self, tenant: Tenant, project_id: UUID) -> projects.Outside:
        mine = self._deployments(tenant, project_id)
        tables = [deployments.inference_table(pk) for pk in mine]
        return projects.Outside(tables=tables, things=[str(pk) for pk in mine])

    def forget(self, tenant: Tenant, project_id: UUID, things: list[str]) -> None:
        """Lines set aside, and the broker's own files, in which values online and requests were written, too."""
        stream = stream_at(settings.REDIS_URL)
        if things:
            aside = [pk for pk, blob in stream.aside(str(tenant.pk)) if deployment_of(blob) in things]
            stream.drop_aside(str(tenant.pk), aside)
            stream.repack(str(tenant.pk))
        if not stream.rewrite_files():
            log.warning("The broker lets nobody write its files anew from here: project %s may stand there", project_id)

    def _deployments(self, tenant: Tenant, project_id: UUID) -> list[UUID]:
        with scope(tenant.pk):
            system = Actor.system(tenant, "leaving")
            rows = deployments.visible_deployments(actor=system, project_id=project_id)
            return [deployment.pk for deployment in rows]
