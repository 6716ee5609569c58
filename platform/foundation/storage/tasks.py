from __future__ import annotations

from datetime import timedelta

from foundation import storage
from foundation.jobs import JobHandle, job, periodic
from foundation.storage import keys
from foundation.tenancy import for_each


@periodic(name="storage.sweep_scratch", every=timedelta(minutes=10))
def sweep_scratch() -> None:
    storage.sweep_scratch()


@periodic(name="storage.sweep_secrets", every=timedelta(hours=1))
def sweep_secrets() -> None:
    for_each(lambda tenant: keys.sweep_secrets(tenant_id=tenant.pk), also_deleted=True)


@job(name="storage.rewrap_keys", needs_keys=False)
def rewrap_keys(*, job: JobHandle, made_before: str | None = None, **_later: object) -> None:
    keys.rewrap_keys(job=job, made_before=made_before)


@job(name="storage.reseal_objects")
def reseal_objects(*, job: JobHandle, **_later: object) -> None:
    keys.reseal_objects(job=job)
