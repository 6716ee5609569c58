"""Reads of the registry, each limited to what the actor may see."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from django.db.models import Count, Max, OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext as _

from apps.registry.choices import GateState, Stage
from apps.registry.models import GateResult, Model, ModelVersion
from foundation import access
from foundation.access import Permission
from foundation.errors import NotFound
from foundation.identity import Actor
from foundation.web.editions import About

_RUNGS = (Stage.PRODUCTION, Stage.CANDIDATE, Stage.REGISTERING, Stage.RETIRED, Stage.FAILED, Stage.CANCELLED)


def visible_models(*, actor: Actor, project_id: UUID | None = None) -> QuerySet[Model]:
    """Models with the number of their versions and what is in production."""
    rows = access.visible(Model.objects.all(), actor, Permission.MODEL_VIEW, project_id=project_id)
    serving = ModelVersion.objects.filter(model=OuterRef("pk"), stage=Stage.PRODUCTION)
    return rows.annotate(
        version_count=Count("versions"),
        candidate_count=Count("versions", filter=Q(versions__stage=Stage.CANDIDATE)),
        newest_at=Max("versions__created_at"),
        production_id=Subquery(serving.values("id")[:1]),
        production_number=Subquery(serving.values("number")[:1]),
        production_since=Subquery(serving.values("promoted_at")[:1]),
        production_metrics=Subquery(serving.values("metrics")[:1]),
        production_schema=Subquery(serving.values("input_schema")[:1]),
    )


def model_names(actor: Actor, model_ids: Collection[UUID]) -> dict[UUID, str]:
    """Names of those of these models that the actor may see."""
    if not access.can_somewhere(actor, Permission.MODEL_VIEW):
        return {}
    return dict(visible_models(actor=actor).filter(pk__in=model_ids).values_list("pk", "name"))


def get_model(*, actor: Actor, model_id: UUID) -> Model:
    model = visible_models(actor=actor).filter(pk=model_id).first()
    if model is None:
        raise NotFound(_("There is no such model here."))
    return model


def visible_versions(*, actor: Actor, project_id: UUID | None = None) -> QuerySet[ModelVersion]:
    with_service = "run__training_set__service"
    rows = ModelVersion.objects.select_related("model", with_service, "created_by", "project", "signing_key")
    rows = access.visible(rows, actor, Permission.MODEL_VIEW, project_id=project_id)
    return rows.prefetch_related("gates")


def about_card(version: ModelVersion) -> About:
    return About("model_version", version.pk, version.tenant_id, version.project_id)


def get_model_version(*, actor: Actor, version_id: UUID) -> ModelVersion:
    version = visible_versions(actor=actor).filter(pk=version_id).first()
    if version is None:
        raise NotFound(_("There is no such model version here."))
    return version


def failed_gates(version: ModelVersion) -> list[GateResult]:
    """The gates that stand between the version and production, by what they last said."""
    return [gate for gate in version.gates.all() if gate.state == GateState.FAILED]


def production_version(*, actor: Actor, model_id: UUID) -> ModelVersion | None:
    return visible_versions(actor=actor).filter(model_id=model_id, stage=Stage.PRODUCTION).first()


def versions_of_run(*, actor: Actor, run_id: UUID) -> QuerySet[ModelVersion]:
    return visible_versions(actor=actor).filter(run_id=run_id)


def ladder(*, actor: Actor, model_id: UUID) -> list[tuple[Stage, list[ModelVersion]]]:
    """The versions of a model by rung, what serves first; rungs of work and failure only where there are any."""
    rungs: dict[Stage, list[ModelVersion]] = {stage: [] for stage in _RUNGS}
    for version in visible_versions(actor=actor).filter(model_id=model_id):
        rungs[Stage(version.stage)].append(version)
    always = {Stage.PRODUCTION, Stage.CANDIDATE, Stage.RETIRED}
    return [(stage, found) for stage, found in rungs.items() if found or stage in always]


def summary(*, actor: Actor, project_id: UUID) -> dict[str, int]:
    """How many models there are, how many serve, and how many versions wait below them."""
    versions = visible_versions(actor=actor, project_id=project_id)
    return {
        "models": visible_models(actor=actor, project_id=project_id).count(),
        "production": versions.filter(stage=Stage.PRODUCTION).count(),
        "candidates": versions.filter(stage=Stage.CANDIDATE).count(),
    }
