from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from apps.features import services
from foundation.clock import now
from foundation.jobs import JobHandle, job, periodic


@job(name="features.compute_view")
def compute_view(*, job: JobHandle, view_id: str, **_later: object) -> None:
    services.compute_view(job=job, view_id=UUID(view_id))


# An erasure rebuilds views in archived projects too, and each goes online again.
@job(name="features.materialise_view", in_archive=True, max_attempts=10, time_limit=timedelta(hours=24))
def materialise_view(*, job: JobHandle, view_id: str, materialisation_id: str | None = None, **_later: object) -> None:
    given = UUID(materialisation_id) if materialisation_id else None
    services.materialise_view(job=job, view_id=UUID(view_id), materialisation_id=given)


@periodic(name="features.watch_online", every=timedelta(seconds=30))
def watch_online() -> None:
    services.watch_online(now=now())


@periodic(name="features.check_served", every=timedelta(seconds=15))
def check_served() -> None:
    services.check_served(now=now())


@periodic(name="features.end_readers", every=timedelta(minutes=1))
def end_readers() -> None:
    services.end_readers(now=now())


@job(name="features.build_training_set")
def build_training_set(*, job: JobHandle, training_set_id: str, **_later: object) -> None:
    services.build_training_set(job=job, training_set_id=UUID(training_set_id))


@job(name="features.take_offline", in_archive=True, max_attempts=10)
def take_offline(*, job: JobHandle, view_id: str, **_later: object) -> None:
    services.take_offline(job=job, view_id=UUID(view_id))


@job(name="features.remove_view", in_archive=True)
def remove_view(*, job: JobHandle, view_id: str, **_later: object) -> None:
    services.remove_view(job=job, view_id=UUID(view_id))


@job(name="features.remove_training_set", in_archive=True)
def remove_training_set(*, job: JobHandle, training_set_id: str, **_later: object) -> None:
    services.remove_training_set(job=job, training_set_id=UUID(training_set_id))


@job(name="features.advance_view")
def advance_view(*, job: JobHandle, view_id: str, **_later: object) -> None:
    services.advance_view(job=job, view_id=UUID(view_id))


@periodic(name="features.wake_windows", every=timedelta(minutes=1))
def wake_windows() -> None:
    services.wake_all()


@job(name="features.retrieve")
def retrieve(*, job: JobHandle, retrieval_id: str, **_later: object) -> None:
    services.retrieve(job=job, retrieval_id=UUID(retrieval_id))


@periodic(name="features.forget_retrievals", every=timedelta(minutes=10))
def forget_retrievals() -> None:
    services.forget_old_retrievals()
