"""A tenant's archives, and how it stands with its deletion."""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from apps.tenants.choices import ExportState
from apps.tenants.models import Leaving, TenantExport
from foundation import access, jobs
from foundation.access import Permission
from foundation.errors import NotFound
from foundation.identity import Actor
from foundation.identity.models import User
from foundation.jobs.models import Job
from foundation.tenancy import scope


def exports(*, actor: Actor) -> QuerySet[TenantExport]:
    access.require(actor, Permission.TENANT_MANAGE)
    return TenantExport.objects.filter(tenant_id=actor.tenant_id).select_related("asked_by").order_by("-asked_at")


def get_export(*, actor: Actor, export_id: UUID) -> TenantExport:
    found = exports(actor=actor).filter(pk=export_id).first()
    if found is None:
        raise NotFound(_("There is no such archive."))
    return found


def job_of_export(*, actor: Actor, export: TenantExport) -> Job | None:
    """The job that is making it; None where nothing is being made any more."""
    if export.state != ExportState.MAKING:
        return None
    return jobs.jobs_of(actor=actor, subject=("tenant_export", export.pk)).first()


def leaving_of(*, actor: Actor) -> Leaving | None:
    access.require(actor, Permission.TENANT_MANAGE)
    return Leaving.objects.filter(tenant_id=actor.tenant_id).select_related("asked_by").first()


def wait_is_cut(*, operator: User, tenant_id: UUID) -> bool:
    """Whether an administrator confirmed twice, so that an operator may begin at once; nothing else is read."""
    access.require_operator(operator)
    with scope(tenant_id):
        return Leaving.objects.filter(tenant_id=tenant_id, cut_at__isnull=False).exists()
