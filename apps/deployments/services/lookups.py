"""Replicas that look features up: what they are told, lent for a quarter of an hour and renewed while they serve.

The portal comes to the replica, over the socket on which that answers; the replica asks the portal for nothing, and
nothing that it is lent is written to a disk. Every five seconds it is looked whether the loan still stands: it is
renewed in time and after every change of what plans say, and taken back where the tenant's key or a view is gone.
"""

from __future__ import annotations

import base64
import logging
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.conf import settings
from django.db import transaction

from apps.deployments.adapters import replica
from apps.deployments.events import LookupsLent
from apps.deployments.models import Revision
from apps.features import services as features
from foundation import ledger
from foundation.clock import now
from foundation.engines.ports import Mount
from foundation.errors import PortalError, Unavailable
from foundation.identity import Actor, neighbours
from foundation.tenancy import lock_of, scope
from runtime.service_tokens import Caller

if TYPE_CHECKING:
    from apps.registry.models import ModelVersion
    from foundation.jobs import JobHandle

STORE_FOLDER = "/sanad/store"
STORE_SOCKET = f"{STORE_FOLDER}/store.sock"
# A loan is renewed once less than this is left of it.
_SPARE_S = 300
log = logging.getLogger("sanad.deployments")


def may_look_up(actor: Actor, version: ModelVersion) -> bool:
    """Whether a replica that this actor deploys may look features up."""
    return features.may_lend_lookups(actor=actor, training_set=version.run.training_set)


def of_version(actor: Actor, version: ModelVersion) -> features.Lookups | None:
    """What is looked up for this version, and by which keys."""
    names = [feature["name"] for feature in version.input_schema.get("features", [])]
    return features.lookups_of(actor=actor, training_set=version.run.training_set, names=names)


def may_have(revision: Revision) -> bool:
    """Whether there is anything to look up, as far as its row tells."""
    return revision.model_version.run.training_set.service_id is not None and bool(revision.engine_name)


def of_revision(revision: Revision) -> features.Lookups | None:
    """In the tenant's scope."""
    return of_version(_system(revision), revision.model_version) if may_have(revision) else None


def store_mount() -> Mount:
    """The folder in which the gateway answers for the store; it is made here where the gateway comes up later."""
    folder = settings.SANAD_RUN / "store"
    folder.mkdir(mode=0o755, parents=True, exist_ok=True)
    return Mount(folder, STORE_FOLDER)


def begin(job: JobHandle, revision: Revision, address: str) -> None:
    """Tell a replica that came up; one that cannot look up now serves all the same whoever sends all features."""
    if not may_have(revision):
        return
    try:
        lent = _tell(revision, address)
    except replica.ReplicaAway:
        log.warning("%s could not be told what to look up; it is tried again.", revision.engine_name)
        return
    service_id = revision.model_version.run.training_set.service_id
    if lent and service_id is not None:
        with job.scope(), transaction.atomic():
            _record(job.actor, revision, service_id)


def _record(actor: Actor, revision: Revision, service_id: UUID) -> None:
    said = LookupsLent(
        deployment_id=revision.deployment_id, revision_id=revision.pk, service_id=service_id, attempt=revision.attempt
    )
    ledger.record(said, actor=actor, project_id=revision.project_id, subject=("revision", revision.pk))


def keep(revision: Revision) -> None:
    """See to it that a replica that serves looks up as long as it may, and no longer."""
    try:
        state = replica.lookups_of(revision.address, _caller(revision))
        with scope(revision.tenant_id):
            _take(revision, state)
            may = revision.looks_up and lock_of(revision.tenant) is None
            stands = state["until"] - now().timestamp() > _SPARE_S and state["number"] == features.plans_number()
        if (may and not stands) or (not may and state["until"]):
            _tell(revision, revision.address)
    except replica.ReplicaAway:
        # One of before this release answers nothing of the kind, and one that is ending nothing at all.
        log.debug("%s says nothing of what it looks up.", revision.engine_name)
    except PortalError as refusal:
        log.warning("%s: %s", revision.engine_name, refusal.sentence)


def end(revision: Revision) -> None:
    """Take a replica's names at the store away; where the store is away they end by their own time."""
    if not revision.engine_name:
        return
    try:
        features.end_lookups(server_id=revision.pk)
    except Unavailable as away:
        log.warning("Names of %s at the online store stay until their time is over: %s", revision.pk, away.sentence)


def _tell(revision: Revision, address: str) -> bool:
    """Whether something was lent. Raises ReplicaAway."""
    told = _told(revision)
    if told["lease"] is None:
        # First at the store, which hears of it also where the replica does not.
        features.end_lookups(server_id=revision.pk)
    replica.tell_lookups(address, _caller(revision), told)
    if told["lease"] is not None:
        features.end_lookups(server_id=revision.pk, but=told["lease"]["name"])
    return told["lease"] is not None


def _told(revision: Revision) -> dict[str, Any]:
    """What is taken, what is lent, and why nothing is."""
    told: dict[str, Any] = {"takes": None, "lease": None, "why": ""}
    try:
        with scope(revision.tenant_id):
            found = of_revision(revision)
            if found is None:
                return told
            told["takes"] = found.takes
            if not revision.looks_up:
                return {**told, "why": features.why_not_lent()}
            if (lock := lock_of(revision.tenant)) is not None:
                return {**told, "why": lock.sentence}
            lent = features.lend_lookups(actor=_system(revision), lookups=found, server_id=revision.pk, now=now())
    except PortalError as refusal:
        return {**told, "why": refusal.sentence}
    return {**told, "lease": lent}


def _take(revision: Revision, state: dict[str, Any]) -> None:
    """What a replica has to tell: views that were not online come back, and samples are compared with the lake."""
    for pk in state["forgotten"]:
        features.note_forgotten(UUID(pk))
    samples = [base64.b64decode(one) for one in state.get("samples", ())]
    features.put_samples(tenant_id=revision.tenant_id, samples=samples)


def _system(revision: Revision) -> Actor:
    return Actor.system(revision.tenant, "deployments")


def _caller(revision: Revision) -> Caller:
    return neighbours.caller_to(neighbours.replica_name(revision.pk, revision.attempt))
