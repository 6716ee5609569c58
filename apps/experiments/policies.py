from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from apps.experiments.choices import RunState
from apps.experiments.errors import StaleAttempt
from foundation import access
from foundation.access import Permission
from foundation.errors import AccessDenied, Conflict
from foundation.identity import Actor

if TYPE_CHECKING:
    from apps.experiments.models import Run


def check_can_start(actor: Actor, project: object) -> None:
    access.require(actor, Permission.RUN_START, project)


def check_can_cancel(actor: Actor, run: Run) -> None:
    access.require(actor, Permission.RUN_START, run)
    if not run.is_active:
        raise Conflict(_("%(run)s is %(state)s already.") % {"run": run, "state": RunState(run.state).label})


def check_can_repeat(actor: Actor, run: Run) -> None:
    access.require(actor, Permission.RUN_START, run)


def check_is_own_workload(actor: Actor, run: Run) -> None:
    """The run's own container, and the one of its present attempt."""
    access.require(actor, Permission.RUN_TRACK, run)
    if actor.kind != "workload" or actor.purpose != run.token_purpose or not run.is_active:
        raise StaleAttempt(
            _("This address is for the present attempt of the run alone; another attempt has taken over.")
        )


def check_is_not_of_portal(run: Run) -> None:
    """What a run of the portal logged is evidence: nobody but its own container writes there."""
    raise AccessDenied(
        _(
            "%(run)s was started by the portal; its figures and files are its container's alone and stay as they are. "
            "Start a run of your own with mlflow.start_run()."
        )
        % {"run": run}
    )
