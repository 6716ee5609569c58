"""What was used, hour by hour, and what goes on just now."""

from __future__ import annotations

from django.db import models

from apps.tenants.choices import ThingKind, UsageKind
from foundation.tenancy.models import TenantModel


class UsageSpan(TenantModel):
    """What costs while it goes on: an attempt of a run, of a replica, bytes that are kept. Metered up to a time."""

    # None for what is of the whole tenant: its archives.
    project_id = models.UUIDField(null=True)
    person_id = models.UUIDField(null=True)
    thing_kind = models.CharField(max_length=16, choices=ThingKind.choices)
    thing_id = models.UUIDField()
    model_id = models.UUIDField(null=True)
    # The run, revision, dataset version, model version, … itself.
    subject_id = models.UUIDField()
    attempt = models.PositiveIntegerField(default=0)
    resource_class = models.CharField(max_length=16, blank=True)
    byte_count = models.BigIntegerField(default=0)
    started_at = models.DateTimeField()
    metered_until = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "thing_kind", "subject_id", "attempt"], name="usage_span_once")
        ]
        indexes = [
            models.Index(
                fields=["tenant", "metered_until"], name="usage_span_open", condition=models.Q(ended_at__isnull=True)
            )
        ]

    def __str__(self) -> str:
        return f"{self.thing_kind} {self.subject_id}"


class UsageHour(TenantModel):
    """How much of one kind was used in one hour for one thing, and the price that holds for that hour for good."""

    # The platform's operator adds them up for every tenant: ids, amounts and prices, never a name.
    row_security_reads = "current_setting('sanad.operator', true) = 'on'"

    hour = models.DateTimeField()
    project_id = models.UUIDField(null=True)
    person_id = models.UUIDField(null=True)
    thing_kind = models.CharField(max_length=16, choices=ThingKind.choices)
    thing_id = models.UUIDField()
    # The model that was served or, once it is registered, trained by it.
    model_id = models.UUIDField(null=True)
    resource_class = models.CharField(max_length=16, blank=True)
    kind = models.CharField(max_length=20, choices=UsageKind.choices)
    amount = models.DecimalField(max_digits=30, decimal_places=6)
    # In AED for as many as `choices.PRICED_PER` says; 0 where the kind has no price of its own.
    price = models.DecimalField(max_digits=18, decimal_places=8)

    class Meta:
        ordering = ["-hour", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=[
                    "tenant",
                    "hour",
                    "project_id",
                    "person_id",
                    "thing_kind",
                    "thing_id",
                    "resource_class",
                    "kind",
                ],
                name="usage_hour_once",
                nulls_distinct=False,
            )
        ]
        indexes = [models.Index(fields=["tenant", "thing_kind", "thing_id"], name="usage_hour_of_thing")]

    def __str__(self) -> str:
        return f"{self.kind} {self.hour:%Y-%m-%d %H:00}"
