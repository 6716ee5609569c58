from __future__ import annotations

from django.conf import settings
from django.db import models

from apps.features.choices import BuildState
from apps.features.models.failures import Failing
from apps.features.models.services import FeatureService
from foundation.tenancy.models import TenantModel


class TrainingSet(Failing, TenantModel):
    """Rows to learn from: labels of one dataset version, joined with what was known of them at their time."""

    project = models.ForeignKey("projects.Project", on_delete=models.PROTECT, related_name="+")
    name = models.SlugField(max_length=63)
    number = models.PositiveIntegerField()
    description = models.TextField(blank=True)
    base_version = models.ForeignKey("datasets.DatasetVersion", on_delete=models.PROTECT, related_name="+")
    label = models.CharField(max_length=255)
    event_time = models.CharField(max_length=255, blank=True)
    group = models.CharField(max_length=255, blank=True)
    window_start = models.DateTimeField(null=True, blank=True)
    window_end = models.DateTimeField(null=True, blank=True)
    # Columns of the base version that are features themselves.
    base_features = models.JSONField(default=list)
    # [{"view": id, "keys": {join key: column of the base}, "features": [names]}]
    views = models.JSONField(default=list)
    # The feature service whose views these are; None where they were chosen one by one.
    service = models.ForeignKey(FeatureService, null=True, on_delete=models.PROTECT, related_name="training_sets")
    # [{"id": on-demand view, "request": {request value: column of the base}, "features": [names]}]
    on_demand = models.JSONField(default=list)
    # Values are seen from their event time on, also where they became known later: somebody has opted out of that.
    ignores_known_since = models.BooleanField(default=False)
    # [{"name", "type", "role", "source"}], in the order of the table.
    columns = models.JSONField(default=list)
    state = models.CharField(max_length=12, choices=BuildState.choices, default=BuildState.BUILDING)
    # What it was before it went into the bin, and is again when it is restored.
    binned_from = models.CharField(max_length=12, choices=BuildState.choices, blank=True)
    lake_table = models.CharField(max_length=80, blank=True)
    lake_snapshot = models.BigIntegerField(null=True)
    row_count = models.BigIntegerField(null=True)
    digest = models.CharField(max_length=64, blank=True)
    leakage_proof = models.JSONField(default=dict)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    # Its rows are gone since then: a person was erased from what they were made of.
    destroyed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "project", "name", "number"], name="training_set_version_once")
        ]

    def __str__(self) -> str:
        return f"{self.name} v{self.number}"

    @property
    def report_key(self) -> str:
        """Where what was measured of its columns and the label is kept, sealed."""
        return f"training-sets/{self.pk.hex}/report"

    @property
    def drift_home(self) -> str:
        """Where what was counted of its on-demand features along its event time is kept, as a view has it."""
        return f"training-sets/{self.pk.hex}/drift/"
