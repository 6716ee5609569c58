"""Files on their way in."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from foundation.tenancy.models import TenantModel


class Upload(TenantModel):
    """A file on its way in: chunks that continue where the last one ended, kept encrypted until the rows are in."""

    project = models.ForeignKey("projects.Project", on_delete=models.PROTECT, related_name="+")
    filename = models.CharField(max_length=255)
    size = models.BigIntegerField()
    offset = models.BigIntegerField(default=0)
    # [[offset, length, sha256]], in order.
    chunks = models.JSONField(default=list)
    expected_sha256 = models.CharField(max_length=64, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    completed_at = models.DateTimeField(null=True)
    used_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(condition=models.Q(offset__lte=models.F("size")), name="upload_within_size")
        ]

    def __str__(self) -> str:
        return self.filename
