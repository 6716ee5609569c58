"""What a dataset's owner promises to those who build on it, and versions that would break the promise."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from apps.datasets.models.datasets import Dataset, DatasetVersion
from apps.datasets.models.validation import Suite
from foundation.tenancy.models import TenantModel


class Contract(TenantModel):
    """The promise from one moment on: columns, expectations, owner and how often rows come. It never changes."""

    project = models.ForeignKey("projects.Project", on_delete=models.PROTECT, related_name="+")
    dataset = models.ForeignKey(Dataset, on_delete=models.PROTECT, related_name="contracts")
    number = models.PositiveIntegerField()
    # [{"name", "type", "nullable", "class"}], in the order of the table.
    schema = models.JSONField(default=list)
    suite = models.ForeignKey(Suite, null=True, on_delete=models.PROTECT, related_name="+")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    freshness_promise = models.DurationField(null=True, blank=True)
    # SHA-256 over all of it in canonical JSON; the ledger names it.
    digest = models.CharField(max_length=64)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["tenant", "dataset", "number"], name="contract_number_once")]

    def __str__(self) -> str:
        return f"{self.dataset.name} c{self.number}"


class Breach(TenantModel):
    """A version whose columns break the contract: it waits until everybody who builds on the dataset has seen it."""

    project = models.ForeignKey("projects.Project", on_delete=models.PROTECT, related_name="+")
    dataset = models.ForeignKey(Dataset, on_delete=models.PROTECT, related_name="+")
    version = models.OneToOneField(DatasetVersion, on_delete=models.CASCADE, related_name="breach")
    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="+")
    # [{"kind": "removed" | "retyped" | "nullable" | "class", "column", "before", "after"}]
    changes = models.JSONField(default=list)
    # [{"kind", "name", "url", "owner", "seen_by", "seen_at"}]: what is built on it, who speaks for it, who has seen it.
    consumers = models.JSONField(default=list)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.version}"

    @property
    def unseen(self) -> list[str]:
        """The names of what is built on the dataset and whose owner has not seen it yet."""
        return [one["name"] for one in self.consumers if not one["seen_by"]]
