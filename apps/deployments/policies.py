from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from apps.deployments.choices import RevisionState
from foundation import access
from foundation.access import Permission
from foundation.errors import Conflict
from foundation.identity import Actor

if TYPE_CHECKING:
    from apps.deployments.models import Deployment, Revision


def check_can_deploy(actor: Actor, version: Any) -> None:
    access.require(actor, Permission.DEPLOYMENT_CHANGE, version)
    if version.stage != "production":
        raise Conflict(
            _("%(version)s is not approved for production. Ask for its promotion first; an officer decides.")
            % {"version": version}
        )


def check_can_change(actor: Actor, deployment: Deployment) -> None:
    access.require(actor, Permission.DEPLOYMENT_CHANGE, deployment)


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
