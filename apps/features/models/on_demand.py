from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models

from apps.features.models.deprecations import Deprecable
from foundation.tenancy.models import TenantModel


class OnDemandView(Deprecable, TenantModel):
    """One version of features that are reckoned at the moment of a request, and in training alike; it keeps no rows.

    Each is an expression (`runtime.expressions`) over values of the request and features of views.
    """

    project = models.ForeignKey("projects.Project", on_delete=models.PROTECT, related_name="+")
    name = models.SlugField(max_length=63)
    number = models.PositiveIntegerField()
    description = models.TextField(blank=True)
    # {name: what it is declared as}: a key of `runtime.expressions.DECLARED`
    request = models.JSONField(default=dict)
    # A list of {"view": id, "features": names}.
    uses = models.JSONField(default=list)
    # {name: kind} of all that an expression may name, in this order.
    inputs = models.JSONField(default=dict)
    # [{"name", "type": SQL type, "expression", "from": names of the inputs it is made of}]
    features = models.JSONField(default=list)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    tags = models.JSONField(default=list)
    definition_digest = models.CharField(max_length=64)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    # Since then nobody chooses or asks it; the row stays, so that its number is not given again.
    removed_at = models.DateTimeField(null=True)
    # Whether it lies in the bin, from which it comes back; else it was removed for good.
    binned = models.BooleanField(default=False)
    removed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        ordering = ["name", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "project", "name", "number"], name="on_demand_view_version_once")
        ]

    def __str__(self) -> str:
        return f"{self.name} v{self.number}"

    @property
    def feature_names(self) -> list[str]:
        return [feature["name"] for feature in self.features]

    @property
    def view_ids(self) -> list[str]:
        return [part["view"] for part in self.uses]

    def definition(self) -> dict[str, Any]:
        """As `runtime.expressions.program_of` takes it."""
        features = [{"name": one["name"], "expression": one["expression"]} for one in self.features]
        # What is stored as JSON has lost its order: names in the order of the alphabet are the same everywhere.
        return {"inputs": dict(sorted(self.inputs.items())), "features": features}
