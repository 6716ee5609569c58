"""Revisions that no longer serve are stopped, and can be started again."""

from __future__ import annotations

import shutil

from django.db import transaction

from apps.deployments import policies
from apps.deployments.choices import RevisionState
from apps.deployments.events import RevisionStopped
from apps.deployments.models import Revision
from apps.deployments.services.replicas import enqueue_start, model_folder
from apps.deployments.services.routing import routes_changed
from foundation import engines, jobs, ledger
from foundation.identity import Actor


@transaction.atomic
def stop_revision(*, actor: Actor, revision: Revision) -> Revision:
    """End the replica; the revision stays in the list and can be started again."""
    locked = Revision.objects.select_for_update(of=("self",)).select_related("deployment").get(pk=revision.pk)
    policies.check_can_stop(actor, locked)
    jobs.cancel_of(actor=actor, subject=("revision", locked.pk))
    locked.state, locked.address = RevisionState.STOPPED, ""
    locked.save(update_fields=["state", "address"])
    stopped = RevisionStopped(deployment_id=locked.deployment_id, revision_id=locked.pk)
    ledger.record(stopped, actor=actor, project_id=locked.project_id, subject=("revision", locked.pk))
    routes_changed()
    transaction.on_commit(lambda: _end_replica(locked), robust=True)
    return locked


@transaction.atomic
def restart_revision(*, actor: Actor, revision: Revision) -> Revision:
    """Start a stopped or failed revision again; it gets no traffic until somebody gives it some."""
    locked = Revision.objects.select_for_update(of=("self",)).select_related("deployment").get(pk=revision.pk)
    policies.check_can_restart(actor, locked)
    locked.state, locked.restarts, locked.failure = RevisionState.STARTING, 0, ""
    locked.save(update_fields=["state", "restarts", "failure"])
    enqueue_start(actor, locked)
    return locked


def _end_replica(revision: Revision) -> None:
    if revision.engine_name:
        engines.current().stop(revision.engine_name)
        engines.current().remove(revision.engine_name)
    shutil.rmtree(model_folder(revision), ignore_errors=True)
