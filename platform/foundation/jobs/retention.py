"""Ended jobs are shown for a while; what they did stands in the ledger for good."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from foundation.jobs.choices import FINAL
from foundation.jobs.models import Job
from foundation.tenancy import in_each
from foundation.tenancy.models import Tenant

KEPT_FOR = timedelta(days=90)


def forget_of_project(*, tenant_id: UUID, project_id: UUID) -> int:
    """Delete every job of a project that is deleted, for whoever has ended them; how many rows went."""
    return Job.objects.filter(tenant_id=tenant_id, project_id=project_id).delete()[0]


def forget_ended(*, now: datetime) -> int:
    """Delete jobs that ended long ago, in every tenant; how many went."""

    def forget(tenant: Tenant) -> int:
        old = Job.objects.filter(tenant_id=tenant.pk, state__in=FINAL, finished_at__lt=now - KEPT_FOR)
        return old.delete()[0]

    return in_each(forget)
