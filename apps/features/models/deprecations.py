"""That a version should not be chosen any more, and whom that was told."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models

from apps.features.choices import GONE
from foundation.tenancy.models import TenantModel


class Deprecable(models.Model):
    """A version that goes on working and should not be chosen any more, with the reason and what to take instead."""

    deprecated_at = models.DateTimeField(null=True)
    deprecated_because = models.TextField(blank=True)
    deprecated_for = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        abstract = True

    @property
    def is_gone(self) -> bool:
        """Whether nobody can take it, for now or for good."""
        return getattr(self, "state", "") in GONE or getattr(self, "removed_at", None) is not None

    @property
    def instead(self) -> Deprecable | None:
        """What to take instead, as long as that can be taken."""
        found: Deprecable | None = self.deprecated_for
        return None if found is None or found.is_gone else found


class DeprecationNotice(TenantModel):
    """To one person: something that they use was deprecated. Read once they have opened its page since."""

    project = models.ForeignKey("projects.Project", on_delete=models.PROTECT, related_name="+")
    view = models.ForeignKey("features.FeatureView", null=True, on_delete=models.CASCADE, related_name="notices")
    service = models.ForeignKey("features.FeatureService", null=True, on_delete=models.CASCADE, related_name="notices")
    on_demand = models.ForeignKey("features.OnDemandView", null=True, on_delete=models.CASCADE, related_name="notices")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    # [{"kind", "name", "url"}]: what of theirs rests on it.
    things = models.JSONField(default=list)
    noted_at = models.DateTimeField()

    class Meta:
        ordering = ["-noted_at"]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "view", "user"], name="deprecated_view_told_once"),
            models.UniqueConstraint(fields=["tenant", "service", "user"], name="deprecated_service_told_once"),
            models.UniqueConstraint(fields=["tenant", "on_demand", "user"], name="deprecated_on_demand_told_once"),
        ]

    def __str__(self) -> str:
        return str(self.thing)

    @property
    def thing(self) -> Any:
        """What was deprecated."""
        return self.view or self.service or self.on_demand
