"""Replicas that died are started again, until they died too often."""

from __future__ import annotations

import logging
from datetime import timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from apps.deployments.choices import NEXT, RevisionState
from apps.deployments.events import ReplicaLost
from apps.deployments.models import Revision
from apps.deployments.services import lookups
from apps.deployments.services.replicas import enqueue_start, fail_revision
from apps.deployments.services.routing import routes_changed
from foundation import engines, ledger, states
from foundation.clock import now
from foundation.errors import Unavailable
from foundation.identity import Actor
from foundation.tenancy import for_each, scope
from foundation.tenancy.models import Tenant

_RESTARTS_BEFORE_GIVING_UP = 5
# A replica that answered this long is well: what it died of before no longer counts.
_WELL_AFTER = timedelta(minutes=10)
log = logging.getLogger("sanad.deployments")


def watch_revisions() -> None:
    """Start again what died: a replica that its engine no longer runs gets a new attempt, until it died too often."""
    for_each(_watch)


def _watch(tenant: Tenant) -> None:
    with scope(tenant.pk):
        rows = Revision.objects.filter(state=RevisionState.READY)
        ready = list(rows.select_related("deployment", "tenant", "model_version__run__training_set__service"))
    for revision in ready:
        if not _lives(revision):
            with scope(tenant.pk):
                _start_again(tenant, revision)
        elif lookups.may_have(revision):
            lookups.keep(revision)


def _lives(revision: Revision) -> bool:
    """An engine that does not answer says nothing about its replicas: they may well serve."""
    try:
        state = engines.current().status(revision.engine_name).state
        return state in {engines.WorkloadState.RUNNING, engines.WorkloadState.STARTING}
    except Unavailable:
        log.warning("The engine does not answer; whether %s lives is not known.", revision.engine_name, exc_info=True)
        return True


@transaction.atomic
def _start_again(tenant: Tenant, revision: Revision) -> None:
    actor = Actor.system(tenant, "watch")
    locked = Revision.objects.select_for_update().get(pk=revision.pk)
    if locked.state != RevisionState.READY or locked.attempt != revision.attempt:
        return
    was_well = locked.ready_at is not None and now() - locked.ready_at > _WELL_AFTER
    states.move(locked, RevisionState.STARTING, NEXT)
    locked.address, locked.restarts = "", 1 if was_well else locked.restarts + 1
    locked.save(update_fields=["state", "address", "restarts"])
    lost = ReplicaLost(
        deployment_id=locked.deployment_id, revision_id=locked.pk, attempt=locked.attempt, losses=locked.restarts
    )
    ledger.record(lost, actor=actor, project_id=locked.project_id, subject=("revision", locked.pk))
    routes_changed()
    if locked.restarts > _RESTARTS_BEFORE_GIVING_UP:
        fail_revision(
            actor=actor, revision_id=locked.pk, sentence=_("The replica died again and again; look at its log.")
        )
        return
    enqueue_start(actor, revision)
