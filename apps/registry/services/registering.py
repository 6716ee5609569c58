"""From a run to a model version: files fetched, signed, sealed, looked at by the gates."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from apps.experiments import selectors as experiments
from apps.registry import policies, selectors
from apps.registry.choices import NEXT, OnnxState, Stage
from apps.registry.events import (
    ModelCreated,
    VersionCancelled,
    VersionFailed,
    VersionRegistered,
    VersionRequested,
)
from apps.registry.models import Model, ModelVersion
from apps.registry.services.artifacts import pack_artifact
from apps.registry.services.cards import draft_card
from apps.registry.services.gates import decide_gates
from apps.registry.services.keys import current_key
from apps.registry.services.metering import keep_artifact
from apps.tenants import services as tenants
from foundation import jobs, ledger, states, storage
from foundation.clock import database_now
from foundation.errors import Invalid
from foundation.identity import Actor
from foundation.jobs import JobHandle
from foundation.web import editions
from runtime.signature import directory_digest, file_digests, sign_directory

if TYPE_CHECKING:
    from foundation.jobs.models import Job

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")


@transaction.atomic
def register_version(*, actor: Actor, run_id: UUID, name: str, description: str = "") -> ModelVersion:
    """Make a version of the model `name` from a run; the model is made where it is new."""
    run = experiments.get_run(actor=actor, run_id=run_id)
    policies.check_can_register(actor, run)
    if not _NAME.fullmatch(name):
        raise Invalid(
            _("“%(name)s” is not a model name: use small letters, digits, - and _.") % {"name": name},
            fields={"name": [_("Like “late-flights”.")]},
        )
    tenants.check_storage(tenant_id=actor.tenant_id, project_id=run.project_id, more=1, reader=actor)
    model = _model(actor, run.project_id, name, description)
    number = 1 + (model.versions.aggregate(n=Max("number"))["n"] or 0)
    version = ModelVersion.objects.create(
        tenant=actor.tenant,
        project_id=run.project_id,
        model=model,
        number=number,
        run_id=run.pk,
        metrics=run.metrics,
        created_by=actor.user,
    )
    asked = VersionRequested(model_id=model.pk, version_id=version.pk, run_id=run.pk, number=number)
    ledger.record(asked, actor=actor, project_id=run.project_id, subject=("model_version", version.pk))
    jobs.enqueue(
        "registry.finish_registration",
        actor=actor,
        project_id=run.project_id,
        subject=("model_version", version.pk),
        title=_("Registering %(version)s") % {"version": version},
        version_id=str(version.pk),
    )
    return version


def _model(actor: Actor, project_id: UUID, name: str, description: str) -> Model:
    model, made = Model.objects.select_for_update().get_or_create(
        tenant=actor.tenant, project_id=project_id, name=name, defaults={"description": description}
    )
    if made:
        ledger.record(ModelCreated(model_id=model.pk), actor=actor, project_id=project_id, subject=("model", model.pk))
    return model


def finish_registration(*, job: JobHandle, version_id: UUID) -> None:
    """Fetch the run's files, sign and seal them, and let the gates decide."""
    with job.scope():
        version = ModelVersion.objects.select_related("model", "run", "tenant").get(pk=version_id)
    if version.stage == Stage.REGISTERING:
        _fetch_and_keep(job, version)
    job.progress(_("Asking the gates"), 80)
    with job.scope():
        if version.stage == Stage.CANDIDATE and not version.gates.exists():
            decide_gates(actor=job.actor, version=version)


def _fetch_and_keep(job: JobHandle, version: ModelVersion) -> None:
    with storage.scratch("register") as folder:
        job.progress(_("Fetching the model's files"), 10)
        files = experiments.download_model(version.run, folder)
        job.progress(_("Signing and sealing"), 50)
        with job.scope():
            _keep(job.actor, version, files)


@transaction.atomic
def _keep(actor: Actor, version: ModelVersion, files: Path) -> None:
    key, private = current_key(actor)
    predicate = {
        "tenant": str(version.tenant_id),
        "model": version.model.name,
        "version": version.number,
        "run": str(version.run_id),
    }
    size = sum(path.stat().st_size for path in files.rglob("*") if path.is_file())
    # Whoever sees the job reads why it failed: no figure of the whole tenant.
    tenants.reserve_storage(tenant_id=actor.tenant_id, project_id=version.project_id, more=size)
    version.artifact_digest = directory_digest(file_digests(files))
    version.signature = sign_directory(files, private, predicate)
    version.signing_key = key
    version.artifact_bytes = pack_artifact(version, files)
    _keep_reports(version, files)
    version.card = draft_card(actor=actor, version=version)
    kept = editions.keep(
        selectors.about_card(version),
        actor=actor,
        before="",
        text=version.card,
        why=_("Drafted from evidence"),
        now=database_now(),
    )
    version.card_number = kept.number
    states.move(version, Stage.CANDIDATE, NEXT, field="stage")
    version.save()
    keep_artifact(version, at=database_now(), otherwise=actor.named)
    registered = VersionRegistered(
        model_id=version.model_id,
        version_id=version.pk,
        run_id=version.run_id,
        number=version.number,
        artifact_digest=version.artifact_digest,
        signing_key_id=key.key_id,
        onnx_state=version.onnx_state,
    )
    ledger.record(registered, actor=actor, project_id=version.project_id, subject=("model_version", version.pk))


def _keep_reports(version: ModelVersion, files: Path) -> None:
    """What the trainer wrote down about the model, beside the model."""
    version.input_schema = _json(files, "schema.json")
    version.reference = _json(files, "reference.json")
    version.evaluation = {name: _json(files, f"{name}.json") for name in ("importance", "calibration")}
    version.onnx_report = _json(files, "onnx_report.json")
    version.onnx_state = _onnx_state(files, version.onnx_report)


def _json(files: Path, name: str) -> dict[str, Any]:
    path = files / "sanad" / name
    return json.loads(path.read_text()) if path.exists() else {}


def _onnx_state(files: Path, report: dict[str, Any]) -> OnnxState:
    if not (files / "sanad" / "model.onnx").exists():
        return OnnxState.ABSENT
    return OnnxState.VERIFIED if report.get("equal") is True else OnnxState.DIFFERS


@jobs.on_failure("registry.finish_registration")
def _registration_failed(job: Job, sentence: str, actor: Actor) -> None:
    _end_unregistered(job, Stage.FAILED, sentence, VersionFailed, actor)


@jobs.on_cancel("registry.finish_registration")
def _registration_cancelled(job: Job, sentence: str, actor: Actor) -> None:
    _end_unregistered(job, Stage.CANCELLED, sentence, VersionCancelled, actor)


def _end_unregistered(
    job: Job, stage: Stage, sentence: str, event: type[VersionFailed | VersionCancelled], actor: Actor
) -> None:
    version = ModelVersion.objects.select_for_update().get(pk=UUID(job.arguments["version_id"]))
    if version.stage == Stage.CANDIDATE and not version.gates.exists():
        # It is signed and stays; whoever waits for its gates has to hear that they will not look by themselves.
        version.failure = sentence
        version.save(update_fields=["failure"])
    if version.stage != Stage.REGISTERING:
        return
    states.move(version, stage, NEXT, field="stage")
    version.failure = sentence
    version.save(update_fields=["stage", "failure"])
    subject = ("model_version", version.pk)
    ledger.record(event(version_id=version.pk), actor=actor, project_id=version.project_id, subject=subject)
