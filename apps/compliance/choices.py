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
