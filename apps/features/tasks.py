from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from apps.features import services
from foundation.jobs import JobHandle, job, periodic


@job(name="features.compute_view")
def compute_view(*, job: JobHandle, view_id: str, **_later: object) -> None:
    services.compute_view(job=job, view_id=UUID(view_id))


# An erasure rebuilds views in archived projects too, and each goes online again.
@job(name="features.materialise_view", in_archive=True)
def materialise_view(*, job: JobHandle, view_id: str, **_later: object) -> None:
    services.materialise_view(job=job, view_id=UUID(view_id))


@job(name="features.build_training_set")
def build_training_set(*, job: JobHandle, training_set_id: str, **_later: object) -> None:
    services.build_training_set(job=job, training_set_id=UUID(training_set_id))


@job(name="features.retrieve")
def retrieve(*, job: JobHandle, retrieval_id: str, **_later: object) -> None:
    services.retrieve(job=job, retrieval_id=UUID(retrieval_id))


@periodic(name="features.forget_retrievals", every=timedelta(minutes=10))
def forget_retrievals() -> None:
    services.forget_old_retrievals()
