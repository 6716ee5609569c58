"""The way to production leads through an approval that names the digest it is about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from apps.approvals import selectors as cases
from apps.approvals import services as approvals
from apps.registry import policies
from apps.registry.choices import NEXT, PROMOTION_CASE, Stage
from apps.registry.events import VersionPromoted, VersionRetired
from apps.registry.models import GateResult, ModelVersion
from apps.registry.selectors import comparison, failed_gates, get_model_version, primary_metric, production_version
from apps.registry.services.gates import decide_gates
from foundation import access, ledger, states
from foundation.clock import now
from foundation.errors import Conflict
from foundation.identity import Actor
from foundation.words import Words

if TYPE_CHECKING:
    from apps.approvals.models import ApprovalCase


@dataclass(frozen=True)
class Promotion:
    """What came of asking: the case that somebody else decides, or else the gates that `refusal` tells of."""

    case: ApprovalCase | None
    refusal: str = ""
    failed: tuple[GateResult, ...] = ()


@transaction.atomic
def request_promotion(*, actor: Actor, version: ModelVersion) -> Promotion:
    """Ask the gates anew and, where all let it pass, open the case that somebody else decides.

    A gate that does not is an answer, not an error: an error would take back what the gates have just said.
    """
    policies.check_can_ask_promotion(actor, version, gates=False)
    decide_gates(actor=actor, version=version)
    version = get_model_version(actor=actor, version_id=version.pk)
    verdict = access.ask(policies.check_gates_let_pass, actor, version)
    if not verdict:
        return Promotion(None, verdict.reason, tuple(failed_gates(version)))
    return Promotion(_open_case(actor, version))


def _open_case(actor: Actor, version: ModelVersion) -> ApprovalCase:
    return approvals.open_case(
        actor=actor,
        project_id=version.project_id,
        kind=PROMOTION_CASE,
        subject=("model_version", version.pk),
        subject_digest=version.artifact_digest,
        title=Words(gettext_noop("Promote %(version)s to production"), {"version": str(version)}),
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
def promote_version(*, actor: Actor, version_id: UUID, case_id: UUID) -> ModelVersion:
    """What a granted case does: this version serves from now on, the former one retires."""
    version = ModelVersion.objects.select_for_update(of=("self",)).select_related("model").get(pk=version_id)
    policies.check_can_promote(actor, version, cases.get_case(actor=actor, case_id=case_id))
    if version.stage == Stage.PRODUCTION:
        return version
    if Stage.PRODUCTION not in NEXT[Stage(version.stage)]:
        raise Conflict(_("%(version)s cannot go to production any more.") % {"version": version})
    for former in ModelVersion.objects.select_for_update(of=("self",)).filter(
        model_id=version.model_id, stage=Stage.PRODUCTION
    ):
        _retire(actor, former, superseded_at=now())
    states.move(version, Stage.PRODUCTION, NEXT, field="stage")
    version.promoted_at, version.superseded_at = now(), None
    version.save(update_fields=["stage", "promoted_at", "superseded_at"])
    promoted = VersionPromoted(
        model_id=version.model_id, version_id=version.pk, case_id=case_id, artifact_digest=version.artifact_digest
    )
    ledger.record(promoted, actor=actor, project_id=version.project_id, subject=("model_version", version.pk))
    return version


@transaction.atomic
def retire_version(*, actor: Actor, version: ModelVersion) -> ModelVersion:
    """Take a version out of use: it serves nothing anew; what serves it goes on until somebody stops the deployment."""
    version = ModelVersion.objects.select_for_update(of=("self",)).select_related("model").get(pk=version.pk)
    policies.check_can_retire(actor, version)
    return _retire(actor, version)


def _retire(actor: Actor, version: ModelVersion, *, superseded_at: datetime | None = None) -> ModelVersion:
    if version.stage != Stage.RETIRED:
        states.move(version, Stage.RETIRED, NEXT, field="stage")
    version.superseded_at = superseded_at
    version.save(update_fields=["stage", "superseded_at"])
    retired = VersionRetired(model_id=version.model_id, version_id=version.pk)
    ledger.record(retired, actor=actor, project_id=version.project_id, subject=("model_version", version.pk))
    return version
