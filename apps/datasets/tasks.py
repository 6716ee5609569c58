from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from apps.datasets import services
from foundation.clock import now
from foundation.jobs import JobHandle, job, periodic


@job(name="datasets.ingest")
def ingest(*, job: JobHandle, version_id: str, upload_id: str, **_later: object) -> None:
    services.ingest_upload(job=job, version_id=UUID(version_id), upload_id=UUID(upload_id))


@job(name="datasets.pull", max_attempts=6)
def pull(*, job: JobHandle, version_id: str, **_later: object) -> None:
    services.run_pull(job=job, version_id=UUID(version_id))


@job(name="datasets.complete")
def complete(*, job: JobHandle, version_id: str, **_later: object) -> None:
    services.complete_cut(job=job, version_id=UUID(version_id))


@job(name="datasets.derive")
def derive(*, job: JobHandle, version_id: str, **_later: object) -> None:
    services.run_derivation(job=job, version_id=UUID(version_id))


@job(name="datasets.transform")
def transform(*, job: JobHandle, version_id: str, **_later: object) -> None:
    services.run_pass(job=job, version_id=UUID(version_id))


@job(name="datasets.replay")
def replay(*, job: JobHandle, version_id: str, **_later: object) -> None:
    services.run_replay(job=job, version_id=UUID(version_id))


@job(name="datasets.settle_replay", max_attempts=10, back_off=timedelta(seconds=2))
def settle_replay(*, job: JobHandle, version_id: str, **_later: object) -> None:
    services.settle_replay(job=job, version_id=UUID(version_id))


@job(name="datasets.destroy", in_archive=True, max_attempts=10, back_off=timedelta(seconds=2))
def destroy(*, job: JobHandle, version_id: str, **_later: object) -> None:
    services.destroy_version(job=job, version_id=UUID(version_id))


@job(name="datasets.erase", in_archive=True, max_attempts=10, back_off=timedelta(seconds=2))
def erase(*, job: JobHandle, erasure_id: str, **_later: object) -> None:
    services.run_erasure(job=job, erasure_id=UUID(erasure_id))


@periodic(name="datasets.start_ingestions", every=timedelta(seconds=15))
def start_ingestions() -> None:
    services.start_due(now=now())


@periodic(name="datasets.run_due_transformations", every=timedelta(seconds=30))
def run_due_transformations() -> None:
    services.run_due_transformations(now=now())


@periodic(name="datasets.retire_versions", every=timedelta(days=1))
def retire_versions() -> None:
    services.retire_versions(now=now())


@periodic(name="datasets.forget_samples", every=timedelta(days=1))
def forget_samples() -> None:
    services.forget_samples(now=now())


@periodic(name="datasets.settle_replays", every=timedelta(minutes=30))
def settle_replays() -> None:
    services.settle_what_is_left(now=now())


@periodic(name="datasets.forget_uploads", every=timedelta(hours=1))
def forget_uploads() -> None:
    services.forget_abandoned_uploads(now=now())
