"""A tenant on its way out: its archive, and the wait before its deletion."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from apps.tenants.choices import ExportState
from foundation.tenancy.models import TenantModel


class TenantExport(TenantModel):
    """An archive of everything that the tenant brought, sealed like its other objects, for some days."""

    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    asked_at = models.DateTimeField()
    state = models.CharField(max_length=8, choices=ExportState.choices, default=ExportState.MAKING)
    failure = models.TextField(blank=True)
    byte_count = models.BigIntegerField(null=True)
    sha256 = models.CharField(max_length=64, blank=True)
    made_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-asked_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["tenant"], condition=models.Q(state=ExportState.MAKING), name="export_one_at_a_time"
            )
        ]

    def __str__(self) -> str:
        return f"{self.asked_at:%Y-%m-%d}"

    @property
    def object_key(self) -> str:
        return f"exports/{self.pk.hex}.zip"


class Leaving(TenantModel):
    """An administrator asked for the tenant's deletion; it can be undone until it begins, and then the row is gone."""

    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    asked_at = models.DateTimeField()
    # A second confirmation: the operator need not wait for the day.
    cut_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant"], name="leaving_once")]

    def __str__(self) -> str:
        return str(self.tenant_id)
