"""A version beside the one that serves: figures, data, features, code and card, and what of it differs."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from apps.experiments.choices import metric_label
from apps.features import selectors as features
from apps.registry.choices import WORDS
from apps.registry.models import ModelVersion
from apps.registry.selectors.reading import get_model_version, production_version
from foundation.errors import NotFound
from foundation.figures import number, short_digest
from foundation.identity import Actor
from runtime.figures import MORE_IS_BETTER, PRIMARY, ranked
from runtime.schema import Task


def primary_metric(version: ModelVersion) -> tuple[str, float | None, bool]:
    """Name, value on the test rows, and whether more is better."""
    name = deciding_figure(version.input_schema)
    return name, version.metrics.get("test", {}).get(name), MORE_IS_BETTER[name]


def deciding_figure(input_schema: Mapping[str, Any]) -> str:
    """The name of the figure by which a model of this schema is judged."""
    return PRIMARY[_task(input_schema)]


def comparison(*, actor: Actor, version: ModelVersion, serving: ModelVersion | None) -> dict[str, Any]:
    """JSON: {"version", "serving": {"id", "name"} or None, "metrics": […], "facts": […], "features": {…}}."""
    against = serving if serving is not None and serving.pk != version.pk else None
    return {
        "version": {"id": str(version.pk), "name": str(version)},
        "serving": {"id": str(against.pk), "name": str(against)} if against else None,
        "metrics": _metrics(version, against),
        "facts": _facts(actor, version, against),
        "features": _features(version, against),
    }


def _task(input_schema: Mapping[str, Any]) -> Task:
    task: Task = input_schema.get("target", {}).get("task", "binary")
    return task


def _metrics(version: ModelVersion, serving: ModelVersion | None) -> list[dict[str, Any]]:
    """One entry a metric of the test rows, the deciding one first; `verdict` is better, worse, equal or empty."""
    own = version.metrics.get("test", {})
    other = serving.metrics.get("test", {}) if serving else {}
    known = ranked(own, _task(version.input_schema))
    first = deciding_figure(version.input_schema)
    return [
        {
            "name": name,
            "primary": name == first,
            "candidate": own[name],
            "production": other.get(name),
            "verdict": _verdict(name, own[name], other.get(name)),
        }
        for name in [*known, *sorted(own.keys() - set(known))]
    ]


def _verdict(name: str, own: float, other: float | None) -> str:
    if other is None or name not in MORE_IS_BETTER:
        return ""
    if own == other:
        return "equal"
    return "better" if (own > other) == MORE_IS_BETTER[name] else "worse"


def _facts(actor: Actor, version: ModelVersion, serving: ModelVersion | None) -> list[dict[str, Any]]:
    own, other = _facts_of(actor, version), _facts_of(actor, serving) if serving else {}
    return [
        {"name": name, "candidate": value, "production": other.get(name), "same": value == other.get(name)}
        for name, value in own.items()
    ]


def _facts_of(actor: Actor, version: ModelVersion) -> dict[str, Any]:
    run = version.run
    training_set = features.get_training_set(actor=actor, training_set_id=run.training_set_id)
    pinned = {"feature_service": str(training_set.service)} if training_set.service else {}
    return {
        "training_set": str(training_set),
        **pinned,
        "data_digest": training_set.digest,
        "rows": training_set.row_count,
        "recipe": run.recipe,
        "code_digest": run.manifest.get("code", {}).get("sha256", ""),
        "card_digest": hashlib.sha256(version.card.encode()).hexdigest(),
    }


def _features(version: ModelVersion, serving: ModelVersion | None) -> dict[str, list[str]]:
    own, other = _names(version), _names(serving) if serving else []
    return {
        "all": own,
        "added": [name for name in own if name not in other] if serving else [],
        "removed": [name for name in other if name not in own],
    }


def _names(version: ModelVersion) -> list[str]:
    return [feature["name"] for feature in version.input_schema.get("features", [])]


def case_evidence(actor: Actor, case: Any) -> dict[str, Any]:
    """What an officer reads of a version: the comparison as it was when asked, proof, gates and card as they are."""
    version = get_model_version(actor=actor, version_id=case.subject_id)
    serving = production_version(actor=actor, model_id=version.model_id)
    training_set = features.get_training_set(actor=actor, training_set_id=version.run.training_set_id)
    found = case.evidence.get("comparison") or comparison(actor=actor, version=version, serving=serving)
    return {
        "version": version,
        "training_set": training_set,
        "leakage": features.leakage_in_words(training_set),
        "comparison": in_words(found),
        "gates": gates_in_words(version),
    }


def in_words(found: dict[str, Any]) -> dict[str, Any]:
    """A comparison with a label at each metric and fact, in the reader's language."""
    labelled = {key: [{**entry, "label": _word(entry["name"])} for entry in found[key]] for key in ("metrics", "facts")}
    return {**found, **labelled}


def gates_in_words(version: ModelVersion) -> list[dict[str, Any]]:
    """{"gate": GateResult, "figures": [(label, text)]} for each gate."""
    return [
        {
            "gate": gate,
            "figures": [(_word(name), _text(v)) for name, v in gate.figures.items() if v is not None and v != ""],
        }
        for gate in version.gates.all()
    ]


def _word(name: str) -> str:
    return str(WORDS.get(name) or metric_label(name))


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, int | float):
        return number(value, 4)
    text = str(value)
    return short_digest(text) if len(text) == 64 else _word(text)


def digest_of(actor: Actor, version_id: UUID) -> str | None:
    """The digest that a version has now; None where it is gone."""
    try:
        return get_model_version(actor=actor, version_id=version_id).artifact_digest
    except NotFound:
        return None
