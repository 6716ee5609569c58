from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from apps.deployments.choices import RevisionState
from apps.deployments.errors import NothingToRollBackTo
from apps.deployments.selectors import rollback_target
from apps.registry.choices import Stage
from foundation import access
from foundation.access import Permission
from foundation.errors import Conflict
from foundation.identity import Actor

if TYPE_CHECKING:
    from apps.deployments.models import Deployment, Revision
    from apps.registry.models import ModelVersion


def check_can_deploy(actor: Actor, version: ModelVersion) -> None:
    access.require(actor, Permission.DEPLOYMENT_CHANGE, version)
    if version.stage != Stage.PRODUCTION:
        raise Conflict(
            _("%(version)s is not approved for production. Ask for its promotion first; an officer decides.")
            % {"version": version}
        )


def check_can_change(actor: Actor, deployment: Deployment) -> None:
    access.require(actor, Permission.DEPLOYMENT_CHANGE, deployment)


def check_can_roll_back(actor: Actor, deployment: Deployment) -> None:
    check_can_change(actor, deployment)
    check_there_is_a_way_back(deployment.revisions.all())


def check_there_is_a_way_back(revisions: Iterable[Revision]) -> None:
    if None in rollback_target(revisions):
        raise NothingToRollBackTo(_("There is no earlier revision that is ready to serve."))


def check_can_restart(actor: Actor, revision: Revision) -> None:
    access.require(actor, Permission.DEPLOYMENT_CHANGE, revision)
    if revision.state not in {RevisionState.STOPPED, RevisionState.FAILED}:
        raise Conflict(_("%(revision)s runs already.") % {"revision": revision})


def check_can_stop(actor: Actor, revision: Revision) -> None:
    access.require(actor, Permission.DEPLOYMENT_CHANGE, revision)
    if revision.state == RevisionState.STOPPED:
        raise Conflict(_("%(revision)s is stopped already.") % {"revision": revision})
    if revision.traffic_percent:
        raise Conflict(
            _("%(revision)s serves %(percent)d%% of the traffic. Give that to another revision first.")
            % {"revision": revision, "percent": revision.traffic_percent}
        )


def check_can_invoke(actor: Actor, deployment: Deployment) -> None:
    access.require(actor, Permission.DEPLOYMENT_INVOKE, deployment)
