"""Reports take room in the quota and cost as what is kept."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from apps.compliance.choices import ReportState
from apps.compliance.models import Report
from apps.tenants import services as tenants
from apps.tenants.choices import ThingKind
from foundation import storage
from foundation.clock import database_now
from foundation.identity import Actor
from foundation.tenancy.models import Tenant


def begin_usage(report: Report, actor: Actor) -> None:
    """It counts from now on, for whoever asked for it; part of the transaction that makes it ready."""
    tenants.keep_measured(_metered(report, actor.named), at=database_now())


def reports_measured(tenant: Tenant) -> Iterator[tenants.Metered]:
    """Each report that can be read, with its bytes."""
    for report in Report.objects.filter(tenant=tenant, state=ReportState.READY).order_by("pk"):
        if report.byte_count is None:
            report.byte_count = sum(storage.size(tenant.pk, key) for key in (report.html_key, report.pdf_key))
            report.save(update_fields=["byte_count"])
        yield _metered(report)


def _metered(report: Report, otherwise: UUID | None = None) -> tenants.Metered:
    return tenants.Metered(
        tenant_id=report.tenant_id,
        project_id=report.project_id,
        person_id=report.created_by_id or otherwise,
        kind=ThingKind.REPORT,
        thing_id=report.pk,
        subject_id=report.pk,
        byte_count=report.byte_count or 0,
    )
