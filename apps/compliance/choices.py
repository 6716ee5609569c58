from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class ReportState(TextChoices):
    MAKING = "making", _("Being made")
    READY = "ready", _("Ready")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")


NEXT: dict[ReportState, frozenset[ReportState]] = {
    ReportState.MAKING: frozenset({ReportState.READY, ReportState.FAILED, ReportState.CANCELLED}),
    ReportState.READY: frozenset(),
    ReportState.FAILED: frozenset(),
    ReportState.CANCELLED: frozenset(),
}


class Proof(TextChoices):
    """How a statement of a report stands: proven is what an entry of the ledger says, and nothing else.

    Checked is what was found true when the report was made, and rests on no entry.
    """

    PROVEN = "proven", _("Proven")
    CHECKED = "checked", _("Checked for this report")
    UNPROVEN = "unproven", _("Not proven")
    MISSING = "missing", _("Missing")


# The links of a model's chain in the order of the data's way, headed in both languages of the report.
SECTIONS: dict[str, tuple[str, str]] = {
    "source": ("Sources", "المصادر"),
    "dataset_version": ("Dataset versions", "إصدارات مجموعات البيانات"),
    "feature_view": ("Feature views", "عروض الميزات"),
    "training_set": ("Training set and leakage proof", "مجموعة التدريب وإثبات عدم التسرب"),
    "run": ("Run and manifest", "التشغيل وبيانه"),
    "model_version": ("Model version, signature, gates and card", "إصدار النموذج وتوقيعه وبواباته وبطاقته"),
    "approval_case": ("Approval", "الاعتماد"),
    "revision": ("Deployment and traffic", "النشر وحركة الطلبات"),
    "monitor": ("Monitoring and alerts", "المراقبة والتنبيهات"),
}

# How an entry of the ledger reads in the list of what happened.
EVENT_FAMILIES = {
    "approval": _("Approvals"),
    "alert": _("Alerts"),
    "dataset": _("Datasets"),
    "dataset_version": _("Dataset versions"),
    "deployment": _("Deployments"),
    "entity": _("Entities"),
    "feature_view": _("Feature views"),
    "ledger": _("The ledger itself"),
    "membership": _("Members"),
    "model": _("Models"),
    "model_version": _("Model versions"),
    "monitor": _("Monitors"),
    "project": _("Projects"),
    "report": _("Reports"),
    "revision": _("Revisions"),
    "run": _("Runs"),
    "service_account": _("Service accounts"),
    "tenant": _("The tenant"),
    "token": _("Tokens"),
    "training_set": _("Training sets"),
}
