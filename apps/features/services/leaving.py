"""How a project that is deleted lets go of its features: tables, profiles, and values online."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from apps.datasets import selectors as datasets
from apps.features.choices import DEAD
from apps.features.models import Entity, FeatureService, FeatureView, OnDemandView, Retrieval, TrainingSet
from apps.features.services.online import drop_values
from apps.features.services.windows import tables_of
from apps.projects import services as projects
from foundation.identity import Actor
from foundation.tenancy.models import Tenant


class FeatureFarewell(projects.Farewell):
    def holds(self, actor: Actor, project_id: UUID) -> Iterable[projects.Held]:
        mine = {"tenant_id": actor.tenant_id, "project_id": project_id}
        yield projects.Held(_("Entities"), Entity.objects.filter(**mine).count())
        yield projects.Held(_("Feature views"), FeatureView.objects.filter(**mine).count())
        yield projects.Held(_("On-demand features"), OnDemandView.objects.filter(**mine, removed_at=None).count())
        yield projects.Held(_("Feature services"), FeatureService.objects.filter(**mine, removed_at=None).count())
        yield projects.Held(_("Training sets"), TrainingSet.objects.filter(**mine).count())
        yield projects.Held(_("Features of the past"), Retrieval.objects.filter(**mine).count())

    def made_elsewhere(self, actor: Actor, project_id: UUID) -> Iterator[projects.Dependant]:
        """By a foreign key unless it is dead, since it would point at nothing; by an id alone where it has rows."""
        dead = {row.pk for found in self.dead_elsewhere(actor.tenant_id, project_id) for row in found}
        inside, others = {"tenant_id": actor.tenant_id, "project_id": project_id}, ~Q(project_id=project_id)
        versions = {str(pk) for pk in datasets.version_ids(**inside)}
        views = {str(pk) for pk in FeatureView.objects.filter(**inside).values_list("pk", flat=True)}
        found = FeatureView.objects.filter(others, tenant_id=actor.tenant_id).exclude(pk__in=dead)
        found = found.select_related("entity", "project")
        for view in found.only("name", "number", "state", "inputs", "entity__project_id", "project__name"):
            reads = view.state not in DEAD and versions & set(view.inputs.values())
            if reads or view.entity.project_id == project_id:
                yield projects.Dependant("feature_view", view.pk, str(view), view.project)
        sets = TrainingSet.objects.filter(others, tenant_id=actor.tenant_id).exclude(pk__in=dead)
        sets = sets.select_related("base_version", "project")
        rows = sets.only("name", "number", "state", "views", "base_version__project_id", "project__name")
        for row in rows.filter(~Q(views=[]) | Q(base_version__project_id=project_id)):
            joins = row.state not in DEAD and views & {part["view"] for part in row.views}
            if joins or row.base_version.project_id == project_id:
                yield projects.Dependant("training_set", row.pk, str(row), row.project)

    def dead_elsewhere(self, tenant_id: UUID, project_id: UUID) -> Iterator[QuerySet[Any]]:
        """A destroyed view that a training set was made of is told of there, so it stays."""
        dead = {"tenant_id": tenant_id, "state__in": DEAD}
        named = {part["view"] for parts in _parts_of(tenant_id) for part in parts}
        views = FeatureView.objects.filter(**dead, entity__project_id=project_id).exclude(project_id=project_id)
        yield projects.resting_on_nothing(views.exclude(pk__in=named))
        sets = TrainingSet.objects.filter(**dead, base_version__project_id=project_id).exclude(project_id=project_id)
        yield projects.resting_on_nothing(sets)

    def outside(self, tenant: Tenant, project_id: UUID) -> projects.Outside:
        views = list(FeatureView.objects.filter(tenant=tenant, project_id=project_id))
        sets = list(TrainingSet.objects.filter(tenant=tenant, project_id=project_id))
        dead_views, dead_sets = self.dead_elsewhere(tenant.pk, project_id)
        views, sets = [*views, *dead_views], [*sets, *dead_sets]
        asked = Retrieval.objects.filter(tenant=tenant, project_id=project_id).values_list("pk", flat=True)
        lent = [f"{prefix}{pk.hex}" for pk in asked for prefix in ("hr_", "hl_")]
        of_views = (table for view in views for table in tables_of(view.pk))
        return projects.Outside(
            tables=[*of_views, *(f"ts_{row.pk.hex}" for row in sets), *lent],
            objects=[
                *(view.profile_key for view in views),
                *(row.report_key for row in sets),
                *(view.drift_home for view in views),
                *(row.drift_home for row in sets),
            ],
            things=[str(view.pk) for view in views],
        )

    def forget(self, tenant: Tenant, project_id: UUID, things: list[str]) -> None:
        for pk in things:
            drop_values(UUID(pk))


def _parts_of(tenant_id: UUID) -> list[list[dict[str, Any]]]:
    return list(TrainingSet.objects.filter(tenant_id=tenant_id).exclude(views=[]).values_list("views", flat=True))
