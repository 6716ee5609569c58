"""How a project that is deleted lets go of its models: the artifacts."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from apps.projects import services as projects
from apps.registry.models import Model, ModelVersion
from foundation.identity import Actor
from foundation.tenancy.models import Tenant


class ModelFarewell(projects.Farewell):
    def holds(self, actor: Actor, project_id: UUID) -> Iterable[projects.Held]:
        mine = {"tenant_id": actor.tenant_id, "project_id": project_id}
        yield projects.Held(_("Models"), Model.objects.filter(**mine).count())
        yield projects.Held(_("Model versions"), ModelVersion.objects.filter(**mine).count())

    def outside(self, tenant: Tenant, project_id: UUID) -> projects.Outside:
        versions = ModelVersion.objects.filter(tenant=tenant, project_id=project_id)
        return projects.Outside(objects=[version.artifact_key for version in versions])
