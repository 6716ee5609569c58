from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import get_language

from apps.compliance.choices import ReportState
from foundation.tenancy.models import TenantModel


class Report(TenantModel):
    """What the ledger proves of one model version's chain, as it stood when the report was made."""

    project = models.ForeignKey("projects.Project", on_delete=models.PROTECT, related_name="+")
    model_version = models.ForeignKey("registry.ModelVersion", on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=12, choices=ReportState.choices, default=ReportState.MAKING)
    failure = models.TextField(blank=True)
    # The language of its sentences; headings are in both.
    language = models.CharField(max_length=5, default="en")
    # Of both files together; None for those that were made before it was noted.
    byte_count = models.BigIntegerField(null=True)
    html_key = models.CharField(max_length=200, blank=True)
    pdf_key = models.CharField(max_length=200, blank=True)
    # SHA-256 of the files themselves: who holds one can compare it with the ledger.
    digest = models.CharField(max_length=64, blank=True)
    html_digest = models.CharField(max_length=64, blank=True)
    # The chain when the report was made: its length, the hash of its last entry, and what a full check found.
    ledger_entries = models.BigIntegerField(null=True)
    ledger_hash = models.CharField(max_length=64, blank=True)
    ledger_fault = models.TextField(blank=True)
    # Statements that entries of the ledger prove; apart from them what was checked when the report was made.
    proven = models.PositiveIntegerField(default=0)
    checked = models.PositiveIntegerField(default=0)
    unproven = models.PositiveIntegerField(default=0)
    missing = models.PositiveIntegerField(default=0)
    # [{"section", "state", "text"}]: what was not proven or missing, for the page.
    open_points = models.JSONField(default=list)
    # The same by language code, for readers of another language than the report's.
    translated_points = models.JSONField(default=dict)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    made_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created_at", "-id"]
        indexes = [models.Index(fields=["tenant", "model_version", "-created_at"], name="report_of_version")]

    @property
    def shown_points(self) -> list[dict[str, str]]:
        """The open points in the reader's language."""
        found: list[dict[str, str]] = self.translated_points.get(get_language() or "", self.open_points)
        return found

    def __str__(self) -> str:
        return str(self.pk)
