from __future__ import annotations

from django.conf import settings
from django.db import models

from apps.features.models.deprecations import Deprecable
from foundation.tenancy.models import TenantModel


class FeatureService(Deprecable, TenantModel):
    """One version of the named set of features that a model uses. A change is a new one."""

    project = models.ForeignKey("projects.Project", on_delete=models.PROTECT, related_name="+")
    name = models.SlugField(max_length=63)
    number = models.PositiveIntegerField()
    description = models.TextField(blank=True)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    tags = models.JSONField(default=list)
    # A list of {"view": id, "features": [names]}.
    views = models.JSONField(default=list)
    # A list of {"id": of an on-demand view, "features": [names]}.
    on_demand = models.JSONField(default=list)
    definition_digest = models.CharField(max_length=64)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    # Since then it is in no list; the row stays, so that its number is not given again.
    removed_at = models.DateTimeField(null=True)
    # Whether it lies in the bin, from which it comes back; else it was removed for good.
    binned = models.BooleanField(default=False)

    class Meta:
        ordering = ["name", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "project", "name", "number"], name="feature_service_version_once")
        ]

    def __str__(self) -> str:
        return f"{self.name} v{self.number}"

    @property
    def feature_names(self) -> list[str]:
        return [name for part in (*self.views, *self.on_demand) for name in part["features"]]
