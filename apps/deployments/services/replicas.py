"""A revision's replica: verified files in a folder, a process or container that serves them, watched while it lives."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from apps.deployments import policies
from apps.deployments.adapters import replica
from apps.deployments.choices import NEXT, RevisionState
from apps.deployments.errors import ReplicaDied
from apps.deployments.events import RevisionFailed, RevisionReady, RevisionStarted
from apps.deployments.models import Deployment, Revision
from apps.deployments.services import lookups
from apps.deployments.services.routing import routes_changed
from apps.deployments.services.traffic import give_all_to
from apps.experiments.services import admission
from apps.registry import services as registry
from apps.tenants import services as tenants
from apps.tenants.choices import RESOURCE_CLASSES
from foundation import engines, jobs, ledger, states
from foundation.clock import now
from foundation.engines.ports import ComputeEngine, Mount, WorkloadSpec, WorkloadState, WorkloadStatus
from foundation.identity import Actor, neighbours
from foundation.jobs import JobHandle
from foundation.tenancy import scope

if TYPE_CHECKING:
    from foundation.jobs.models import Job

_READY_WITHIN_S, _LOOKED_AT_EVERY_S = 120.0, 0.2


def enqueue_start(actor: Actor, revision: Revision) -> None:
    jobs.enqueue(
        "deployments.start_revision",
        actor=actor,
        project_id=revision.project_id,
        subject=("revision", revision.pk),
        title=_("Starting %(revision)s") % {"revision": revision},
        revision_id=str(revision.pk),
    )


def start_revision(*, job: JobHandle, revision_id: UUID) -> None:
    """Bring a replica up and, when it answers, give the revision its traffic."""
    with job.scope():
        revision = Revision.objects.select_related(
            "deployment",
            "tenant",
            "model_version__model",
            "model_version__signing_key",
            "model_version__run__training_set__service",
        ).get(pk=revision_id)
    if revision.state != RevisionState.STARTING:
        return
    if revision.ready_at is None:
        # It would take over the traffic; one that serves already comes back whatever became of its version.
        policies.check_may_serve(job.actor, revision.model_version)
    engine, former, former_folder = engines.current(), revision.engine_name, model_folder(revision)
    job.progress(_("Verifying the artifact"), 10)
    with job.scope():
        _record_attempt(job.actor, revision, engine.name)
    folder = _unpacked(revision)
    if former:
        engine.remove(former)
        shutil.rmtree(former_folder, ignore_errors=True)
    job.progress(_("Starting the replica"), 40)
    engine.start(_spec(revision, folder))
    status = _wait_until_ready(job, revision)
    lookups.begin(job, revision, status.address or "")
    with job.scope():
        _now_ready(job.actor, revision, status)


@jobs.on_admission("deployments.start_revision")
def _admission(job: Job, take: bool) -> str:
    """A replica that is started again has its part already, so what serves is never kept waiting."""
    revision = Revision.objects.get(pk=UUID(job.arguments["revision_id"]))
    if revision.state != RevisionState.STARTING:
        return ""
    return admission(job, take, subject=("revision", revision.pk), resource_class=revision.resource_class)


def _record_attempt(actor: Actor, revision: Revision, engine: str) -> None:
    revision.attempt = Revision.objects.select_for_update().get(pk=revision.pk).attempt + 1
    revision.engine, revision.engine_name = engine, f"rev-{revision.pk}-a{revision.attempt}"
    revision.save(update_fields=["attempt", "engine", "engine_name"])
    started = RevisionStarted(
        deployment_id=revision.deployment_id,
        revision_id=revision.pk,
        model_version_id=revision.model_version_id,
        artifact_digest=revision.artifact_digest,
        attempt=revision.attempt,
        engine=engine,
    )
    ledger.record(started, actor=actor, project_id=revision.project_id, subject=("revision", revision.pk))


def model_folder(revision: Revision) -> Path:
    return settings.SANAD_HOME / "models" / f"{revision.pk.hex}-a{revision.attempt}"


def _unpacked(revision: Revision) -> Path:
    """The verified files where the replica alone reads them; the public key lies beside, not among, them."""
    folder = model_folder(revision)
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "model").mkdir(parents=True, mode=0o755)
    (folder / "key").mkdir(mode=0o755)
    with scope(revision.tenant_id):
        registry.unpack_artifact(revision.model_version, folder / "model")
        key = folder / "key"
        neighbours.write_callers_of_replica(key / "callers.json", revision_id=revision.pk, attempt=revision.attempt)
        (key / "public.pem").write_bytes(registry.public_key_pem(revision.model_version))
    return folder


def _spec(revision: Revision, folder: Path) -> WorkloadSpec:
    resources = RESOURCE_CLASSES[revision.resource_class]
    looks_up = lookups.may_have(revision)
    store = (lookups.store_mount(),) if looks_up else ()
    return WorkloadSpec(
        name=revision.engine_name,
        kind="service",
        module="runtime.serve",
        args=(),
        env={
            "SANAD_MODEL_DIR": "/sanad/model",
            "SANAD_MODEL_NAME": revision.model_version.model.name,
            "SANAD_MODEL_VERSION": str(revision.model_version.number),
            "SANAD_SIGNING_PUBLIC_KEY": "/sanad/key/public.pem",
            "SANAD_CALLERS": "/sanad/key/callers.json",
            "SANAD_MAX_BODY_BYTES": str(revision.deployment.max_body_bytes),
            **({"SANAD_STORE_SOCKET": lookups.STORE_SOCKET} if looks_up else {}),
        },
        mounts=(Mount(folder / "model", "/sanad/model"), Mount(folder / "key", "/sanad/key"), *store),
        cpus=resources.cpus,
        memory_mb=resources.memory_mb,
        gpus=resources.gpus,
    )


def _wait_until_ready(job: JobHandle, revision: Revision) -> WorkloadStatus:
    engine, deadline = engines.current(), time.monotonic() + _READY_WITHIN_S
    while time.monotonic() < deadline:
        job.raise_if_cancelled()
        status = engine.status(revision.engine_name)
        if status.state in {WorkloadState.FAILED, WorkloadState.SUCCEEDED, WorkloadState.MISSING}:
            last = _last_words(engine, revision.engine_name)
            raise ReplicaDied(
                _("The replica ended before it was ready: %(why)s %(last)s") % {"why": status.sentence, "last": last}
            )
        if status.state == WorkloadState.RUNNING and _is_ready(revision, status.address):
            return status
        time.sleep(_LOOKED_AT_EVERY_S)  # readiness can only be asked for
    raise ReplicaDied(_("The replica did not become ready within %(limit)d seconds.") % {"limit": int(_READY_WITHIN_S)})


def _is_ready(revision: Revision, address: str | None) -> bool:
    if not address:
        return False
    asking = neighbours.caller_to(neighbours.replica_name(revision.pk, revision.attempt))
    return replica.is_ready(address, asking.standing())


def _last_words(engine: ComputeEngine, name: str) -> str:
    try:
        log, _end = engine.logs(name)
    except engines.WorkloadMissing:
        return ""
    return next(iter(log.decode(errors="replace").strip().splitlines()[-1:]), "")


@transaction.atomic
def _now_ready(actor: Actor, revision: Revision, status: WorkloadStatus) -> None:
    # Whoever changes who serves holds the deployment's row.
    Deployment.objects.select_for_update().get(pk=revision.deployment_id)
    locked = Revision.objects.select_for_update().get(pk=revision.pk)
    if locked.state != RevisionState.STARTING or locked.attempt != revision.attempt:
        return
    first_time = locked.ready_at is None
    states.move(locked, RevisionState.READY, NEXT)
    locked.address, locked.ready_at, locked.failure = status.address or "", now(), ""
    locked.save(update_fields=["state", "address", "ready_at", "failure"])
    ready = RevisionReady(
        deployment_id=locked.deployment_id,
        revision_id=locked.pk,
        model_version_id=locked.model_version_id,
        attempt=locked.attempt,
    )
    ledger.record(ready, actor=actor, project_id=locked.project_id, subject=("revision", locked.pk))
    if first_time and locked.model_version.may_serve:
        give_all_to(actor, locked)
    routes_changed()


@transaction.atomic
def fail_revision(*, actor: Actor, revision_id: UUID, sentence: str) -> None:
    revision = Revision.objects.select_for_update().get(pk=revision_id)
    if revision.state != RevisionState.STARTING:
        return
    states.move(revision, RevisionState.FAILED, NEXT)
    revision.failure, revision.address = sentence, ""
    revision.save(update_fields=["state", "failure", "address"])
    tenants.give_back(tenant_id=revision.tenant_id, subject=("revision", revision.pk))
    failed = RevisionFailed(deployment_id=revision.deployment_id, revision_id=revision.pk, attempt=revision.attempt)
    ledger.record(failed, actor=actor, project_id=revision.project_id, subject=("revision", revision.pk))
    routes_changed()


@jobs.on_failure("deployments.start_revision")
def _start_failed(job: Job, sentence: str, actor: Actor) -> None:
    fail_revision(actor=actor, revision_id=UUID(job.arguments["revision_id"]), sentence=sentence)
