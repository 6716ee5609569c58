from __future__ import annotations

from django.conf import settings
from django.db import models

from apps.features.choices import BuildState
from apps.features.models.failures import Failing
from foundation.tenancy.models import TenantModel


class Retrieval(Failing, TenantModel):
    """Rows with the features that were known at each row's time: made for whoever asked, and kept for a day."""

    project = models.ForeignKey("projects.Project", on_delete=models.PROTECT, related_name="+")
    # Where the rows come from: a dataset version, or a file that was sent along.
    # By id alone: what is gone tomorrow holds nothing.
    base_version_id = models.UUIDField(null=True, blank=True)
    upload_id = models.UUIDField(null=True, blank=True)
    # That version or file by its name, for whoever reads the list later.
    made_from = models.CharField(max_length=255, blank=True)
    service_id = models.UUIDField(null=True, blank=True)
    event_time = models.CharField(max_length=255)
    ignores_known_since = models.BooleanField(default=False)
    # [{"view": id, "keys": {join key: column of the rows}, "features": [names], "names": what they are called here}]
    views = models.JSONField(default=list)
    # [{"id", "request": {value: column of the rows}, "features": [names], "names": what they are called here}]
    on_demand = models.JSONField(default=list)
    # [{"name", "type", "role", "source"}], in the order of the table, once it is there.
    columns = models.JSONField(default=list)
    state = models.CharField(max_length=12, choices=BuildState.choices, default=BuildState.BUILDING)
    lake_table = models.CharField(max_length=80, blank=True)
    lake_snapshot = models.BigIntegerField(null=True)
    row_count = models.BigIntegerField(null=True)
    byte_count = models.BigIntegerField(null=True)
    leakage_proof = models.JSONField(default=dict)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    # A service account or a person: nobody else reads the rows.
    asked_by = models.UUIDField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    # From then on it is gone.
    kept_until = models.DateTimeField()

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return self.pk.hex[:8]
