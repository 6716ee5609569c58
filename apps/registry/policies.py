from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from apps.registry.choices import GateState, Stage
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


def check_can_ask_promotion(actor: Actor, version: ModelVersion) -> None:
    access.require(actor, Permission.MODEL_PROMOTE, version)
    if version.stage not in {Stage.CANDIDATE, Stage.RETIRED}:
        raise Conflict(
            _("%(version)s is %(stage)s; only a candidate can be proposed for production.")
            % {"version": version, "stage": Stage(version.stage).label}
        )
    failed = [gate for gate in version.gates.all() if gate.state == GateState.FAILED]
    if failed:
        raise Conflict(
            _("The gate “%(gate)s” has not passed: %(why)s")
            % {"gate": failed[0].get_gate_display(), "why": failed[0].sentence}
        )
