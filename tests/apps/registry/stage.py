"""A succeeded run without its hours: rows as the lower apps leave them, and a small model that was really trained."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from foundation.clock import now


def make_training_set(scientist: Any, project: Any, **changes: Any) -> Any:
    from apps.datasets.models import Dataset, DatasetVersion
    from apps.features.models import TrainingSet

    shared = {"tenant": scientist.tenant, "project": project}
    dataset, _made = Dataset.objects.get_or_create(**shared, name="iris", slug="iris")
    number = 1 + dataset.versions.count()
    version = DatasetVersion.objects.create(
        **shared, dataset=dataset, number=number, state="ready", row_count=150, digest=f"{number}" * 64
    )
    given: dict[str, Any] = {
        "name": "flowers",
        "number": number,
        "base_version": version,
        "label": "target",
        "state": "ready",
        "row_count": 150,
        "digest": f"{number}" * 64,
        "leakage_proof": {"rows": 150, "violations": 0, "mismatches": 0, "by_time": True},
    }
    return TrainingSet.objects.create(**shared, **{**given, **changes})


def make_run(scientist: Any, project: Any, artifact: Path, **changes: Any) -> Any:
    """A run that succeeded with the artifact's own figures and manifest."""
    from apps.experiments.models import Experiment, Run

    shared = {"tenant": scientist.tenant, "project": project}
    experiment, _made = Experiment.objects.get_or_create(**shared, name="default")
    given: dict[str, Any] = {
        "experiment": experiment,
        "number": 1 + Run.objects.filter(project=project).count(),
        "training_set": changes.pop("training_set", None) or make_training_set(scientist, project),
        "recipe": "hist_gradient_boosting",
        "spec_digest": "0" * 64,
        "state": "succeeded",
        "metrics": json.loads((artifact / "sanad" / "metrics.json").read_text()),
        "manifest": json.loads((artifact / "sanad" / "manifest.json").read_text()),
        "created_by": scientist.user,
        "ended_at": now(),
    }
    return Run.objects.create(**shared, **{**given, **changes})


def download_from(artifact: Path) -> Any:
    """What stands for the tracking server: the run's files are a copy of the artifact."""

    def download(run: Any, into: Path) -> Path:
        return Path(shutil.copytree(artifact, into / "model"))

    return download
