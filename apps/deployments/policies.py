from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from apps.deployments.choices import RevisionState
from apps.deployments.errors import NothingToRollBackTo, SplitRefused
from apps.deployments.selectors import at_work, earlier_ready, rollback_target
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


def check_may_serve(_actor: Actor, version: ModelVersion) -> None:
    """What was retired by hand serves nothing anew; where it serves, it goes on."""
    if not version.may_serve:
        raise Conflict(
            _(
                "%(version)s is retired, so nothing may begin to serve it. Deploy the version in production, or ask "
                "for the promotion of this one; an officer decides."
            )
            % {"version": version}
        )


def check_can_change(actor: Actor, deployment: Deployment) -> None:
    access.require(actor, Permission.DEPLOYMENT_CHANGE, deployment)


def check_can_roll_back(actor: Actor, deployment: Deployment) -> None:
    check_can_change(actor, deployment)
    check_there_is_a_way_back(actor, deployment.revisions.all())


def check_there_is_a_way_back(actor: Actor, revisions: Iterable[Revision]) -> None:
    known = list(revisions)
    target, _serving = rollback_target(known)
    if target is not None:
        return
    for revision in earlier_ready(known):
        check_may_serve(actor, revision.model_version)
    raise NothingToRollBackTo(_("There is no earlier revision that is ready to serve."))


def check_can_restart(actor: Actor, revision: Revision) -> None:
    access.require(actor, Permission.DEPLOYMENT_CHANGE, revision)
    if revision.state not in {RevisionState.STOPPED, RevisionState.FAILED}:
        raise Conflict(_("%(revision)s runs already.") % {"revision": revision})
    check_may_serve(actor, revision.model_version)


def check_can_give_share(actor: Actor, revision: Revision, percent: int) -> None:
    """What serves less than before asks nothing: so the traffic of a retired version can be led away bit by bit."""
    if percent and revision.state != RevisionState.READY:
        raise SplitRefused(_("%(revision)s is not ready, so it cannot serve.") % {"revision": revision})
    if percent > revision.traffic_percent:
        check_may_serve(actor, revision.model_version)


def check_can_stop(actor: Actor, revision: Revision) -> None:
    access.require(actor, Permission.DEPLOYMENT_CHANGE, revision)
    if revision.state == RevisionState.STOPPED:
        raise Conflict(_("%(revision)s is stopped already.") % {"revision": revision})
    if revision.traffic_percent:
        raise Conflict(
            _("%(revision)s serves %(percent)d%% of the traffic. Give that to another revision first.")
            % {"revision": revision, "percent": revision.traffic_percent}
        )


def check_can_stop_serving(actor: Actor, deployment: Deployment) -> None:
    check_can_change(actor, deployment)
    check_something_serves(deployment.revisions.all())


def check_something_serves(revisions: Iterable[Revision]) -> None:
    if not any(at_work(revision) for revision in revisions):
        raise Conflict(_("Nothing of this deployment serves or starts; it is out of service already."))


def check_can_invoke(actor: Actor, deployment: Deployment) -> None:
    access.require(actor, Permission.DEPLOYMENT_INVOKE, deployment)
