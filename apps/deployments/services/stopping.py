"""Revisions that no longer serve are stopped, and can be started again."""

from __future__ import annotations

import functools
import shutil
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction

from apps.deployments import policies
from apps.deployments.choices import NEXT, RevisionState
from apps.deployments.events import RevisionRestarted, RevisionStopped
from apps.deployments.models import Deployment, Revision
from apps.deployments.services import lookups
from apps.deployments.services.replicas import enqueue_start, model_folder
from apps.deployments.services.routing import routes_changed
from apps.deployments.services.traffic import give_to_nobody
from apps.experiments.services import check_may_begin
from apps.projects.services import hold_open
from apps.tenants import services as tenants
from foundation import engines, jobs, ledger, states
from foundation.identity import Actor

if TYPE_CHECKING:
    from foundation.jobs.models import Job


@transaction.atomic
def stop_revision(*, actor: Actor, revision: Revision) -> Revision:
    """End the replica; the revision stays in the list and can be started again."""
    locked = Revision.objects.select_for_update(of=("self",)).select_related("deployment").get(pk=revision.pk)
    policies.check_can_stop(actor, locked)
    _stop(actor, locked)
    # Only now, so that the hook of its start finds nothing left to stop.
    jobs.cancel_of(actor=actor, subject=("revision", locked.pk))
    transaction.on_commit(lambda: _end_replica(locked), robust=True)
    return locked


@transaction.atomic
def stop_deployment(*, actor: Actor, deployment: Deployment) -> Deployment:
    """Take a deployment out of service: nobody is led to it any more, and each of its replicas ends.

    Its address, revisions and figures stay. A revision that is started again and given traffic serves as before.
    """
    policies.check_can_change(actor, deployment)
    Deployment.objects.select_for_update().get(pk=deployment.pk)
    revisions = list(deployment.revisions.select_for_update(of=("self",)).select_related("deployment"))
    policies.check_something_serves(revisions)
    if any(revision.traffic_percent for revision in revisions):
        give_to_nobody(actor, deployment, revisions)
    for revision in revisions:
        if revision.state == RevisionState.STOPPED:
            continue
        _stop(actor, revision)
        jobs.cancel_of(actor=actor, subject=("revision", revision.pk))
        transaction.on_commit(functools.partial(_end_replica, revision), robust=True)
    return deployment


@transaction.atomic
def restart_revision(*, actor: Actor, revision: Revision) -> Revision:
    """Start a stopped or failed revision again; it gets no traffic until somebody gives it some."""
    policies.check_can_change(actor, revision.deployment)
    hold_open(actor=actor, project_id=revision.project_id)
    locked = Revision.objects.select_for_update(of=("self",)).select_related("deployment").get(pk=revision.pk)
    policies.check_can_restart(actor, locked)
    check_may_begin(actor=actor, project_id=locked.project_id, resource_class=locked.resource_class, run=False)
    states.move(locked, RevisionState.STARTING, NEXT)
    locked.restarts, locked.failure = 0, ""
    locked.save(update_fields=["state", "restarts", "failure"])
    again = RevisionRestarted(deployment_id=locked.deployment_id, revision_id=locked.pk)
    ledger.record(again, actor=actor, project_id=locked.project_id, subject=("revision", locked.pk))
    enqueue_start(actor, locked)
    return locked


@jobs.on_cancel("deployments.start_revision")
def _start_cancelled(job: Job, sentence: str, actor: Actor) -> None:
    """A cancelled start leaves the revision stopped, and no replica that came up after it was told to stop."""
    revision = Revision.objects.select_for_update().get(pk=UUID(job.arguments["revision_id"]))
    if revision.state == RevisionState.STARTING:
        _stop(actor, revision, why=sentence)
    if revision.state == RevisionState.STOPPED:
        transaction.on_commit(lambda: _end_replica(revision), robust=True)


def _stop(actor: Actor, revision: Revision, *, why: str = "") -> None:
    states.move(revision, RevisionState.STOPPED, NEXT)
    revision.address, revision.failure = "", why or revision.failure
    revision.save(update_fields=["state", "address", "failure"])
    tenants.give_back(tenant_id=revision.tenant_id, subject=("revision", revision.pk))
    stopped = RevisionStopped(deployment_id=revision.deployment_id, revision_id=revision.pk)
    ledger.record(stopped, actor=actor, project_id=revision.project_id, subject=("revision", revision.pk))
    routes_changed()


def _end_replica(revision: Revision) -> None:
    if revision.engine_name:
        engines.current().stop(revision.engine_name)
        engines.current().remove(revision.engine_name)
    shutil.rmtree(model_folder(revision), ignore_errors=True)
    lookups.end(revision)
