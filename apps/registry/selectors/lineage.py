"""How model versions stand in the picture of lineage."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.urls import reverse

from apps.registry.choices import Gate, GateState, Stage
from apps.registry.models import ModelVersion
from apps.registry.selectors.reading import get_model, visible_versions
from foundation import access
from foundation.access import Permission
from foundation.identity import Actor
from foundation.web.lineage import Reference, Thing, Whole


def version_things(actor: Actor, ids: Collection[UUID]) -> Iterator[Thing]:
    """Model versions among these that the actor may see."""
    for version in visible_versions(actor=actor).filter(pk__in=ids):
        slugs = [actor.tenant.slug, version.project.slug]
        failed = [g for g in version.gates.all() if g.gate == Gate.SIGNATURE and g.state == GateState.FAILED]
        model = version.model
        yield Thing(
            kind="model_version",
            pk=version.pk,
            name=str(version),
            project_id=version.project_id,
            project=version.project.slug,
            url=reverse("registry:version_detail", args=[*slugs, version.pk]),
            state=version.stage,
            state_label=str(Stage(version.stage).label),
            at=version.promoted_at or version.created_at,
            digest=version.artifact_digest,
            part_of=Whole("model", model.pk, model.name, reverse("registry:model_detail", args=[*slugs, model.pk])),
            made_from=(("run", version.run_id),),
            same_columns=True,
            broken_reason=failed[0].said if failed else "",
        )


def made_of_runs(actor: Actor, ids: Collection[UUID]) -> list[tuple[UUID, Reference]]:
    """Model versions that runs left, in the whole tenant."""
    rows = ModelVersion.objects.filter(tenant_id=actor.tenant_id, run_id__in=ids)
    return [(of, ("model_version", pk)) for pk, of in rows.values_list("pk", "run_id")]


def training_sets_of_models(actor: Actor) -> QuerySet[Any, Any]:
    """The ids of training sets from which a model version that the actor sees was made."""
    if not access.can_somewhere(actor, Permission.MODEL_VIEW):
        return ModelVersion.objects.none().values("run__training_set_id")
    return visible_versions(actor=actor).order_by().values("run__training_set_id")


def versions_of_model(actor: Actor, model_id: UUID) -> list[UUID]:
    """All of them, newest first; NotFound where the actor does not see the model."""
    model = get_model(actor=actor, model_id=model_id)
    return list(model.versions.order_by("-number").values_list("pk", flat=True))
