"""Prices, quotas and budgets, and what is held of them now."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from apps.tenants.choices import PRICE_ITEMS
from foundation.tenancy.models import TenantModel


class Price(TenantModel):
    """What one item costs in AED from an hour on, until a later row; before the first the operator's list holds."""

    item = models.CharField(max_length=32)
    amount = models.DecimalField(max_digits=18, decimal_places=8)
    valid_from = models.DateTimeField()
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["item", "-valid_from"]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "item", "valid_from"], name="price_once_an_hour"),
            models.CheckConstraint(condition=models.Q(amount__gte=0), name="price_not_below_zero"),
        ]

    def __str__(self) -> str:
        return f"{self.item} {self.valid_from:%Y-%m-%d %H:00}"

    @property
    def label(self) -> str:
        """The item in the reader's words; one that the portal sells no more by its own."""
        return str(PRICE_ITEMS[self.item][0]) if self.item in PRICE_ITEMS else self.item


class Quota(TenantModel):
    """The most that the tenant, or one project of it, uses at a time; an empty field sets no limit."""

    project_id = models.UUIDField(null=True)
    cpus = models.DecimalField(max_digits=8, decimal_places=2, null=True)
    memory_mb = models.PositiveBigIntegerField(null=True)
    gpus = models.PositiveIntegerField(null=True)
    concurrent_runs = models.PositiveIntegerField(null=True)
    storage_bytes = models.PositiveBigIntegerField(null=True)
    requests_per_second = models.PositiveIntegerField(null=True)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "project_id"], name="quota_once", nulls_distinct=False)
        ]

    def __str__(self) -> str:
        return str(self.project_id or "tenant")


class Holding(TenantModel):
    """What a run or replica has of the quotas from its admission until its end."""

    project_id = models.UUIDField()
    subject_kind = models.CharField(max_length=16)
    subject_id = models.UUIDField()
    cpus = models.DecimalField(max_digits=8, decimal_places=2)
    memory_mb = models.PositiveBigIntegerField()
    gpus = models.PositiveIntegerField()
    # Its price; sizes alone do not tell it. Empty for what was admitted before it was kept.
    resource_class = models.CharField(max_length=32, default="")
    since = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "subject_kind", "subject_id"], name="holding_once")]

    def __str__(self) -> str:
        return f"{self.subject_kind} {self.subject_id}"


class Budget(TenantModel):
    """What the tenant, or one project of it, means to spend a month in AED; at the hard limit new work is refused."""

    project_id = models.UUIDField(null=True)
    soft_limit = models.DecimalField(max_digits=14, decimal_places=2, null=True)
    hard_limit = models.DecimalField(max_digits=14, decimal_places=2, null=True)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "project_id"], name="budget_once", nulls_distinct=False),
            models.CheckConstraint(
                condition=models.Q(soft_limit__isnull=False) | models.Q(hard_limit__isnull=False),
                name="budget_has_a_limit",
            ),
        ]

    def __str__(self) -> str:
        return str(self.project_id or "tenant")


class BudgetNotice(TenantModel):
    """A share of a soft limit that was reached in a month, told once."""

    budget = models.ForeignKey(Budget, on_delete=models.CASCADE, related_name="notices")
    month = models.DateField()
    percent = models.PositiveSmallIntegerField()
    spent = models.DecimalField(max_digits=18, decimal_places=2)
    noted_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-noted_at", "-percent"]
        constraints = [models.UniqueConstraint(fields=["tenant", "budget", "month", "percent"], name="notice_once")]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m} {self.percent} %"
