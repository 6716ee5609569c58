"""How a project that is deleted lets go of its reports; what they quoted stays on the ledger."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from apps.compliance.models import Report
from apps.projects import services as projects
from foundation.identity import Actor
from foundation.tenancy.models import Tenant


class ReportFarewell(projects.Farewell):
    def holds(self, actor: Actor, project_id: UUID) -> Iterable[projects.Held]:
        mine = Report.objects.filter(tenant_id=actor.tenant_id, project_id=project_id)
        yield projects.Held(_("Reports"), mine.count())

    def outside(self, tenant: Tenant, project_id: UUID) -> projects.Outside:
        rows = Report.objects.filter(tenant=tenant, project_id=project_id)
        return projects.Outside(objects=[key for row in rows for key in (row.html_key, row.pdf_key) if key])
