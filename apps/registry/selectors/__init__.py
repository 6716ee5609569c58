"""Reads of the registry, each limited to what the actor may see."""

from apps.registry.selectors.comparing import (
    case_evidence,
    comparison,
    deciding_figure,
    digest_of,
    gates_in_words,
    in_words,
    primary_metric,
)
from apps.registry.selectors.lineage import made_of_runs, training_sets_of_models, version_things, versions_of_model
from apps.registry.selectors.reading import (
    about_card,
    failed_gates,
    get_model,
    get_model_version,
    ladder,
    model_names,
    production_version,
    summary,
    versions_of_run,
    visible_models,
    visible_versions,
)

__all__ = [
    "about_card",
    "case_evidence",
    "comparison",
    "deciding_figure",
    "digest_of",
    "failed_gates",
    "gates_in_words",
    "get_model",
    "get_model_version",
    "in_words",
    "ladder",
    "made_of_runs",
    "model_names",
    "primary_metric",
    "production_version",
    "summary",
    "training_sets_of_models",
    "version_things",
    "versions_of_model",
    "versions_of_run",
    "visible_models",
    "visible_versions",
]
