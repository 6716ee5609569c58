"""What is expected of a dataset, what a version's rows were found to be, and the rows that were set aside."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from apps.datasets.choices import ReportOutcome
from apps.datasets.models.datasets import Dataset, DatasetVersion
from foundation.lake.ports import TableAt
from foundation.tenancy.models import TenantModel


class Suite(TenantModel):
    """What is expected of a dataset's versions from one moment on. It never changes: each change is the next one."""

    project = models.ForeignKey("projects.Project", on_delete=models.PROTECT, related_name="+")
    dataset = models.ForeignKey(Dataset, on_delete=models.PROTECT, related_name="suites")
    number = models.PositiveIntegerField()
    # [{"id", "kind", "columns", "parameters", "severity", "description"}], in the order of the page.
    expectations = models.JSONField(default=list)
    # SHA-256 over the expectations in canonical JSON; reports and the ledger name it.
    digest = models.CharField(max_length=64)
    # The ids of those that somebody who sees personal values in clear wrote, or saved again; None: of before, all.
    seen_clear = models.JSONField(null=True)
    reason = models.TextField(blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["tenant", "dataset", "number"], name="suite_number_once")]

    def __str__(self) -> str:
        return f"{self.dataset.name} s{self.number}"


class ValidationReport(TenantModel):
    """What came of a version's expectations: counts and shares, and never a value."""

    project = models.ForeignKey("projects.Project", on_delete=models.PROTECT, related_name="+")
    dataset = models.ForeignKey(Dataset, on_delete=models.PROTECT, related_name="+")
    version = models.OneToOneField(DatasetVersion, on_delete=models.CASCADE, related_name="report")
    suite = models.ForeignKey(Suite, on_delete=models.PROTECT, related_name="reports")
    # [{"id", "state", "failed_rows", "share", "seconds", "found", "problem"}], in the order of the suite.
    results = models.JSONField(default=list)
    outcome = models.CharField(max_length=12, choices=ReportOutcome.choices)
    row_count = models.BigIntegerField()
    seconds = models.FloatField()
    # SHA-256 over suite, counts and states in canonical JSON; the ledger names it too.
    digest = models.CharField(max_length=64)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.version_id}"


class Quarantine(TenantModel):
    """The rows of a version that were set aside, in a table of their own; how many are still there.

    Of a version that was blocked as a whole it is a sample of the rows in its way: to be looked at, and nothing else.
    """

    project = models.ForeignKey("projects.Project", on_delete=models.PROTECT, related_name="+")
    dataset = models.ForeignKey(Dataset, on_delete=models.PROTECT, related_name="quarantines")
    version = models.OneToOneField(DatasetVersion, on_delete=models.PROTECT, related_name="quarantine")
    suite = models.ForeignKey(Suite, on_delete=models.PROTECT, related_name="+")
    lake_snapshot = models.BigIntegerField()
    # The names of the columns that say number, reasons and corrections of a row; the others are the data's own.
    marks = models.JSONField(default=list)
    is_sample = models.BooleanField(default=False)
    first_count = models.BigIntegerField()
    row_count = models.BigIntegerField()
    replayed_count = models.BigIntegerField(default=0)
    discarded_count = models.BigIntegerField(default=0)
    # [{"rows", "reason"}] of those that were given up.
    discards = models.JSONField(default=list)
    # The version that rows of it are on their way into; they stay here too until it is ready and they are taken out.
    replay = models.ForeignKey(DatasetVersion, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.version}"

    @property
    def at(self) -> TableAt:
        return TableAt(quarantine_table(self.version), self.lake_snapshot)


def quarantine_table(version: DatasetVersion) -> str:
    """Where the rows of a version that were set aside lie."""
    return f"qr_{version.pk.hex}"
