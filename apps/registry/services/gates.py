"""Gates look at facts and say passed or failed with a sentence; promotion asks them, people read them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_noop as _

from apps.datasets import selectors as datasets
from apps.datasets.choices import VersionState
from apps.experiments.choices import metric_label
from apps.features import selectors as features
from apps.registry.choices import Gate, GateState, OnnxState
from apps.registry.errors import ArtifactRefused
from apps.registry.events import GateDecided
from apps.registry.models import GateResult, ModelVersion
from apps.registry.selectors import primary_metric, production_version
from apps.registry.services.artifacts import unpack_artifact
from foundation import ledger, storage
from foundation.identity import Actor
from foundation.words import Words

# How much worse than production a candidate may be, as a share of production's figure.
_TOLERANCE = 0.01
Result = tuple[GateState, Words, dict[str, Any]]


@transaction.atomic
def decide_gates(*, actor: Actor, version: ModelVersion) -> list[GateResult]:
    """Ask every gate again; results replace the earlier ones and stand on the ledger."""
    results = []
    for gate, look in _GATES.items():
        state, words, figures = look(actor, version)
        result, _made = GateResult.objects.update_or_create(
            tenant=actor.tenant,
            version=version,
            gate=gate,
            defaults={"state": state, "sentence": words.plain, "words": words.as_json(), "figures": figures},
        )
        decided = GateDecided(version_id=version.pk, gate=gate.value, state=state.value)
        ledger.record(decided, actor=actor, project_id=version.project_id, subject=("model_version", version.pk))
        results.append(result)
    if version.failure:
        version.failure = ""
        version.save(update_fields=["failure"])
    return results


def _signature(actor: Actor, version: ModelVersion) -> Result:
    with storage.scratch("gate") as folder:
        try:
            unpack_artifact(version, folder)
        except ArtifactRefused as refusal:
            return GateState.FAILED, Words(refusal.sentence), {}
    return GateState.PASSED, Words(_("Every file is as it was signed.")), {"digest": version.artifact_digest}


def _leakage(actor: Actor, version: ModelVersion) -> Result:
    training_set = features.get_training_set(actor=actor, training_set_id=version.run.training_set_id)
    proof = training_set.leakage_proof
    figures = {"rows": proof.get("rows"), "violations": proof.get("violations"), "mismatches": proof.get("mismatches")}
    if not proof:
        return GateState.FAILED, Words(_("The training set carries no leakage proof.")), figures
    if proof["violations"] or proof["mismatches"]:
        return GateState.FAILED, Words(_("Some features are younger than their labels.")), figures
    if not proof.get("by_time"):
        return (
            GateState.WARNED,
            Words(_("The data has no event time, so nothing could be checked against time.")),
            {"rows": proof.get("rows")},
        )
    if training_set.ignores_known_since:
        early = {**figures, "early": proof.get("early")}
        return GateState.WARNED, Words(_("Corrections were seen before they were known: somebody opted out.")), early
    return GateState.PASSED, Words(_("No feature is younger than its label, counted over every row.")), figures


def _data(actor: Actor, version: ModelVersion) -> Result:
    training_set = features.get_training_set(actor=actor, training_set_id=version.run.training_set_id)
    base = datasets.get_version(actor=actor, version_id=training_set.base_version_id)
    figures = {"digest": base.digest, "rows": base.row_count}
    if base.state != VersionState.READY:
        return GateState.FAILED, Words(_("The data of the labels was never committed.")), figures
    unconfirmed = [column["name"] for column in base.schema if column.get("suspected") and not column.get("class")]
    if unconfirmed:
        return (
            GateState.WARNED,
            Words(
                _("Columns look personal and nobody has said what they are: %(names)s."),
                {"names": ", ".join(unconfirmed)},
            ),
            figures,
        )
    return GateState.PASSED, Words(_("The labels come from a committed version.")), figures


def _manifest(actor: Actor, version: ModelVersion) -> Result:
    manifest = version.run.manifest
    lacking = [name for name in ("data", "code", "packages", "seed") if name not in manifest]
    if lacking:
        return GateState.FAILED, Words(_("The run's manifest lacks %(names)s."), {"names": ", ".join(lacking)}), {}
    figures = {"code_digest": manifest["code"]["sha256"]}
    if version.run.repeats.filter(reproduced=False).exists():
        return GateState.FAILED, Words(_("A repeat of the run gave other figures.")), figures
    if version.run.repeats.filter(reproduced=True).exists():
        return GateState.PASSED, Words(_("A repeat of the run gave the same figures to the last digit.")), figures
    return (
        GateState.PASSED,
        Words(_("Data, code, packages and seed are recorded; nobody has repeated the run yet.")),
        figures,
    )


def _onnx(actor: Actor, version: ModelVersion) -> Result:
    report = version.onnx_report
    if version.onnx_state == OnnxState.VERIFIED:
        return GateState.PASSED, Words(_("The ONNX copy answers as the original does on the held-out rows.")), report
    if version.onnx_state == OnnxState.DIFFERS:
        return GateState.WARNED, Words(_("The ONNX copy differs from the original, so the original is served.")), report
    return GateState.WARNED, Words(_("There is no ONNX copy; the original is served.")), report


def _metric(actor: Actor, version: ModelVersion) -> Result:
    name, value, more_is_better = primary_metric(version)
    serving = production_version(actor=actor, model_id=version.model_id)
    figures = {"metric": name, "candidate": value}
    if value is None:
        said = Words(_("The run has no figure for %(metric)s on test rows."), {"metric": str(metric_label(name))})
        return GateState.FAILED, said, figures
    if serving is None or serving.pk == version.pk:
        return GateState.PASSED, Words(_("Nothing is in production yet to compare with.")), figures
    _name, present, _more = primary_metric(serving)
    figures["production"] = present
    worst = (present or 0) * (1 - _TOLERANCE if more_is_better else 1 + _TOLERANCE)
    if present is None or (value >= worst if more_is_better else value <= worst):
        return (
            GateState.PASSED,
            Words(_("Not worse than %(version)s in production."), {"version": str(serving)}),
            figures,
        )
    return GateState.FAILED, Words(_("Worse than %(version)s in production."), {"version": str(serving)}), figures


_GATES: dict[Gate, Callable[[Actor, ModelVersion], Result]] = {
    Gate.SIGNATURE: _signature,
    Gate.LEAKAGE: _leakage,
    Gate.DATA: _data,
    Gate.MANIFEST: _manifest,
    Gate.ONNX: _onnx,
    Gate.METRIC: _metric,
}
