"""What the engine is told to start for a run, and what the run is told when it asks for its spec."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from apps.experiments import policies
from apps.experiments.models import Run
from apps.features import selectors as features
from apps.features.choices import ColumnRole
from apps.tenants.choices import RESOURCE_CLASSES
from foundation.engines.ports import WorkloadSpec
from foundation.identity import Actor

if TYPE_CHECKING:
    from apps.features.models import FeatureView, TrainingSet

# The address of MLflow names the project, and who may not see the project does not come through.
SCOPES = ["run.track", "project.view"]


def workload_name(run: Run) -> str:
    return f"run-{run.pk}-a{run.attempt}"


def workload_spec(run: Run, *, token: str, mlflow_experiment_id: str) -> WorkloadSpec:
    """The trainer in a process or container of its own, with its limits and a token for this attempt alone."""
    resources = RESOURCE_CLASSES[run.resource_class]
    tracking = f"{{portal}}/mlflow/{run.tenant.slug}/{run.project.slug}"
    return WorkloadSpec(
        name=workload_name(run),
        kind="task",
        module="runtime.train",
        args=(),
        env={
            "SANAD_URL": "{portal}",
            "SANAD_TOKEN": token,
            "SANAD_RUN_ID": str(run.pk),
            "MLFLOW_TRACKING_URI": tracking,
            "MLFLOW_REGISTRY_URI": tracking,
            "MLFLOW_TRACKING_TOKEN": token,
            "MLFLOW_RUN_ID": run.mlflow_run_id,
            "MLFLOW_EXPERIMENT_ID": mlflow_experiment_id,
        },
        mounts=(),
        cpus=resources.cpus,
        memory_mb=resources.memory_mb,
        gpus=resources.gpus,
    )


def run_spec(*, actor: Actor, run: Run) -> dict[str, Any]:
    """What the trainer works by: columns with their roles, split, parameters, seed, and the data's digests."""
    policies.check_is_own_workload(actor, run)
    training_set = features.get_training_set(
        actor=Actor.system(actor.tenant, "run"), training_set_id=run.training_set_id
    )
    views = features.views_of(actor=Actor.system(actor.tenant, "run"), training_set=training_set)
    columns = [c for c in training_set.columns if c["role"] != ColumnRole.PROOF.value]
    return {
        "run_id": str(run.pk),
        "recipe": run.recipe,
        "params": run.params,
        "seed": run.seed,
        "columns": columns,
        "target": training_set.label,
        "task": "auto",
        "event_time": training_set.event_time or None,
        "split": run.split,
        "slices": run.slices,
        "data": _data(training_set),
        "feature_versions": [_feature_version(view) for view in views],
    }


def _data(training_set: TrainingSet) -> dict[str, Any]:
    return {
        "training_set_id": str(training_set.pk),
        "name": str(training_set),
        "digest": training_set.digest,
        "row_count": training_set.row_count,
        "lake_snapshot": training_set.lake_snapshot,
        "base_version_id": str(training_set.base_version_id),
        # It goes into the run's manifest, and so into what is signed with the model.
        "leakage_proof": training_set.leakage_proof,
    }


def _feature_version(view: FeatureView) -> dict[str, Any]:
    return {
        "id": str(view.pk),
        "name": view.name,
        "version": view.number,
        "digest": view.digest,
        "definition": view.definition_digest,
    }
