from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from apps.registry.choices import NEXT, GateState, Stage
from foundation import access
from foundation.access import Permission
from foundation.errors import Conflict
from foundation.identity import Actor

if TYPE_CHECKING:
    from apps.registry.models import ModelVersion


def check_can_register(actor: Actor, run: Any) -> None:
    access.require(actor, Permission.MODEL_REGISTER, run)
    if run.state != "succeeded":
        raise Conflict(_("Only a run that has succeeded has a model to register."))


def check_can_edit_card(actor: Actor, version: ModelVersion) -> None:
    access.require(actor, Permission.MODEL_REGISTER, version)


def check_can_retire(actor: Actor, version: ModelVersion) -> None:
    access.require(actor, Permission.MODEL_REGISTER, version)
    if Stage.RETIRED not in NEXT[Stage(version.stage)]:
        raise Conflict(_("%(version)s is not in use.") % {"version": version})


def check_can_ask_promotion(actor: Actor, version: ModelVersion, *, gates: bool = True) -> None:
    """`gates=False` leaves out what the gates last said, where they are about to be asked anew."""
    access.require(actor, Permission.MODEL_PROMOTE, version)
    if version.stage not in {Stage.CANDIDATE, Stage.RETIRED}:
        raise Conflict(
            _("%(version)s is %(stage)s; only a candidate can be proposed for production.")
            % {"version": version, "stage": Stage(version.stage).label}
        )
    failed = [gate for gate in version.gates.all() if gate.state == GateState.FAILED]
    if gates and failed:
        raise Conflict(
            _("The gate “%(gate)s” has not passed: %(why)s")
            % {"gate": failed[0].get_gate_display(), "why": failed[0].sentence}
        )
