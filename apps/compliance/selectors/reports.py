from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from apps.compliance.models import Report
from foundation import access
from foundation.access import Permission
from foundation.errors import NotFound
from foundation.identity import Actor


def visible_reports(*, actor: Actor, project_id: UUID | None = None) -> QuerySet[Report]:
    rows = Report.objects.select_related("project", "model_version__model", "created_by")
    return access.visible(rows, actor, Permission.REPORT_VIEW, project_id=project_id)


def get_report(*, actor: Actor, report_id: UUID) -> Report:
    report = visible_reports(actor=actor).filter(pk=report_id).first()
    if report is None:
        raise NotFound(_("There is no such report here, or it is not yours to see."))
    return report


def reports_of_version(*, actor: Actor, version_id: UUID) -> QuerySet[Report]:
    return visible_reports(actor=actor).filter(model_version_id=version_id)
