"""Runs as rows, in any state, where no engine and no lake is needed."""

from __future__ import annotations

from apps.datasets.models import Dataset, DatasetVersion
from apps.experiments.models import Experiment, Run
from apps.features.models import TrainingSet
from foundation.clock import now

COLUMNS = [
    {"name": "petal_length", "type": "DOUBLE", "role": "feature", "source": "base"},
    {"name": "garden", "type": "VARCHAR", "role": "feature", "source": "base"},
    {"name": "target", "type": "VARCHAR", "role": "label", "source": "base"},
]
METRICS = {
    "validation": {"log_loss": 0.3, "accuracy": 0.9},
    "test": {"log_loss": 0.25, "accuracy": 0.93},
    "slices": {"long": {"log_loss": 0.2, "accuracy": 0.95, "rows": 20}},
}


def make_training_set(actor, project, **changes):
    dataset = Dataset.objects.filter(project_id=project.pk, name="iris").first()
    if dataset is None:
        dataset = Dataset.objects.create(tenant=actor.tenant, project_id=project.pk, name="iris", slug="iris")
    number = 1 + DatasetVersion.objects.filter(dataset=dataset).count()
    version = DatasetVersion.objects.create(
        tenant=actor.tenant, project_id=project.pk, dataset=dataset, number=number, state="ready"
    )
    return TrainingSet.objects.create(
        **{
            "tenant": actor.tenant,
            "project_id": project.pk,
            "name": "flowers",
            "number": number,
            "base_version": version,
            "label": "target",
            "columns": COLUMNS,
            "state": "ready",
            "lake_table": "no_such_table",
            "lake_snapshot": 1,
            "row_count": 150,
            "digest": "d" * 64,
            **changes,
        }
    )


def make_run(actor, project, training_set=None, **changes):
    experiment, _made = Experiment.objects.get_or_create(
        tenant=actor.tenant, project_id=project.pk, name="flowers", defaults={}
    )
    number = 1 + Run.objects.filter(project_id=project.pk).count()
    words = {
        "recipe": "hist_gradient_boosting",
        "params": {"max_iter": 20},
        "split": {"kind": "random", "test_fraction": 0.2},
        "spec_digest": "5" * 64,
        "created_by": actor.user,
        **changes,
    }
    if words.get("state") in {"succeeded", "failed", "cancelled"}:
        words = {"started_at": now(), "ended_at": now(), "attempt": 1, **words}
    if words.get("state") == "succeeded":
        words = {"metrics": METRICS, "curve": [1.0, 0.5, 0.3], **words}
    return Run.objects.create(
        tenant=actor.tenant,
        project_id=project.pk,
        experiment=experiment,
        number=number,
        training_set=training_set or make_training_set(actor, project),
        **words,
    )
