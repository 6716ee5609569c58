"""The way to production leads through an approval that names the digest it is about."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from apps.approvals import services as approvals
from apps.registry import policies
from apps.registry.choices import NEXT, Stage
from apps.registry.errors import ArtifactRefused
from apps.registry.events import VersionPromoted, VersionRetired
from apps.registry.models import ModelVersion
from apps.registry.selectors import comparison, get_model_version, primary_metric, production_version
from apps.registry.services.gates import decide_gates
from foundation import ledger
from foundation.clock import now
from foundation.errors import Conflict
from foundation.identity import Actor

CASE_KIND = "model.promote"


def request_promotion(*, actor: Actor, version: ModelVersion) -> Any:
    """Open the case that somebody else decides; the gates are asked anew first, and what they say stays."""
    policies.check_can_ask_promotion(actor, version, gates=False)
    decide_gates(actor=actor, version=version)
    return _open_case(actor, get_model_version(actor=actor, version_id=version.pk))


@transaction.atomic
def _open_case(actor: Actor, version: ModelVersion) -> Any:
    policies.check_can_ask_promotion(actor, version)
    return approvals.open_case(
        actor=actor,
        project_id=version.project_id,
        kind=CASE_KIND,
        subject=("model_version", version.pk),
        subject_digest=version.artifact_digest,
        title=_("Promote %(version)s to production") % {"version": version},
        evidence=_evidence(actor, version),
    )


def _evidence(actor: Actor, version: ModelVersion) -> dict[str, Any]:
    """What was known when it was asked; it stays with the case, whatever comes later."""
    name, value, _more = primary_metric(version)
    serving = production_version(actor=actor, model_id=version.model_id)
    return {
        "metric": {"name": name, "value": value},
        "gates": {gate.gate: gate.state for gate in version.gates.all()},
        "run_id": str(version.run_id),
        "onnx_state": version.onnx_state,
        "comparison": comparison(actor=actor, version=version, serving=serving),
    }


@transaction.atomic
def promote_version(*, actor: Actor, version_id: UUID, case_id: UUID, approved_digest: str) -> ModelVersion:
    """What a granted case does: this version serves from now on, the former one retires."""
    version = ModelVersion.objects.select_for_update(of=("self",)).select_related("model").get(pk=version_id)
    if version.artifact_digest != approved_digest:
        raise ArtifactRefused(_("The approval was for another artifact than the one registered."))
    if version.stage == Stage.PRODUCTION:
        return version
    if Stage.PRODUCTION not in NEXT[Stage(version.stage)]:
        raise Conflict(_("%(version)s cannot go to production any more.") % {"version": version})
    for former in ModelVersion.objects.select_for_update(of=("self",)).filter(
        model_id=version.model_id, stage=Stage.PRODUCTION
    ):
        _retire(actor, former)
    version.stage, version.promoted_at = Stage.PRODUCTION, now()
    version.save(update_fields=["stage", "promoted_at"])
    promoted = VersionPromoted(
        model_id=version.model_id, version_id=version.pk, case_id=case_id, artifact_digest=version.artifact_digest
    )
    ledger.record(promoted, actor=actor, project_id=version.project_id, subject=("model_version", version.pk))
    return version


@transaction.atomic
def retire_version(*, actor: Actor, version: ModelVersion) -> ModelVersion:
    """Take a version out of use; what serves it goes on until somebody stops the deployment."""
    version = ModelVersion.objects.select_for_update(of=("self",)).select_related("model").get(pk=version.pk)
    policies.check_can_retire(actor, version)
    return _retire(actor, version)


def _retire(actor: Actor, version: ModelVersion) -> ModelVersion:
    version.stage = Stage.RETIRED
    version.save(update_fields=["stage"])
    retired = VersionRetired(model_id=version.model_id, version_id=version.pk)
    ledger.record(retired, actor=actor, project_id=version.project_id, subject=("model_version", version.pk))
    return version
