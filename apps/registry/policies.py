from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from apps.approvals.choices import CaseState
from apps.experiments.choices import RunState
from apps.registry.choices import NEXT, PROMOTION_CASE, Stage
from apps.registry.errors import ArtifactRefused
from apps.registry.selectors import failed_gates
from foundation import access
from foundation.access import Permission
from foundation.errors import AccessDenied, Conflict
from foundation.identity import Actor

if TYPE_CHECKING:
    from apps.approvals.models import ApprovalCase
    from apps.experiments.models import Run
    from apps.registry.models import ModelVersion


def check_can_register(actor: Actor, run: Run) -> None:
    access.require(actor, Permission.MODEL_REGISTER, run)
    if run.state != RunState.SUCCEEDED:
        raise Conflict(_("Only a run that has succeeded has a model to register."))


def check_can_edit_card(actor: Actor, version: ModelVersion) -> None:
    access.require(actor, Permission.MODEL_REGISTER, version)


def check_can_retire(actor: Actor, version: ModelVersion) -> None:
    access.require(actor, Permission.MODEL_REGISTER, version)
    # One whose place another has taken may still serve, and somebody may want to end that.
    if Stage.RETIRED not in NEXT[Stage(version.stage)] and not version.may_serve:
        raise Conflict(_("%(version)s is not in use.") % {"version": version})


def check_can_ask_promotion(actor: Actor, version: ModelVersion, *, gates: bool = True) -> None:
    """`gates=False` leaves out what the gates last said, where they are about to be asked anew."""
    access.require(actor, Permission.MODEL_PROMOTE, version)
    if version.stage not in {Stage.CANDIDATE, Stage.RETIRED}:
        raise Conflict(
            _("%(version)s is %(stage)s; only a candidate can be proposed for production.")
            % {"version": version, "stage": Stage(version.stage).label}
        )
    if gates:
        check_gates_let_pass(actor, version)


def check_gates_let_pass(_actor: Actor, version: ModelVersion) -> None:
    """What the gates last said; the sentence names each that has not passed."""
    said = [
        _("The gate “%(gate)s” has not passed: %(why)s") % {"gate": gate.get_gate_display(), "why": gate.said}
        for gate in failed_gates(version)
    ]
    if said:
        raise Conflict(" ".join(said))


def check_can_promote(actor: Actor, version: ModelVersion, case: ApprovalCase) -> None:
    """Nobody promotes: the portal does what somebody else than the asker has granted, about this very artifact."""
    if actor.kind != "system":
        raise AccessDenied(_("A version goes to production by an approval that is granted, never by hand."))
    if case.kind != PROMOTION_CASE or (case.subject_kind, case.subject_id) != ("model_version", version.pk):
        raise Conflict(_("This approval is about something else than %(version)s.") % {"version": version})
    if case.state != CaseState.GRANTED:
        state = CaseState(case.state).label
        raise Conflict(_("Only a granted approval promotes; this one is: %(state)s.") % {"state": state})
    if not case.subject_digest or case.subject_digest != version.artifact_digest:
        raise ArtifactRefused(_("The approval was for another artifact than the one registered."))
