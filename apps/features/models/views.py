from __future__ import annotations

import json
from functools import cached_property
from typing import Any

from django.conf import settings
from django.db import models

from apps.features.choices import BuildState
from apps.features.models.entities import Entity
from foundation import storage
from foundation.tenancy.models import TenantModel


class FeatureView(TenantModel):
    """One version of a set of features: SQL over dataset versions, an entity, an event time. A change is a new one."""

    project = models.ForeignKey("projects.Project", on_delete=models.PROTECT, related_name="+")
    entity = models.ForeignKey(Entity, on_delete=models.PROTECT, related_name="views")
    name = models.SlugField(max_length=63)
    number = models.PositiveIntegerField()
    description = models.TextField(blank=True)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    tags = models.JSONField(default=list)
    deprecated_at = models.DateTimeField(null=True)
    deprecated_because = models.TextField(blank=True)
    deprecated_for = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="+")
    sql = models.TextField()
    # {alias in the SQL: id of a dataset version}
    inputs = models.JSONField(default=dict)
    event_time = models.CharField(max_length=255)
    # When a value became known, where that is later than its event time.
    created_column = models.CharField(max_length=255, blank=True)
    ttl_seconds = models.BigIntegerField(null=True, blank=True)
    # A list of {"name", "type"}.
    features = models.JSONField(default=list)
    # {key or time: the columns it comes from, as features have them under "from"}; empty in views of before.
    named_by = models.JSONField(default=dict)
    definition_digest = models.CharField(max_length=64)
    state = models.CharField(max_length=12, choices=BuildState.choices, default=BuildState.BUILDING)
    failure = models.TextField(blank=True)
    lake_table = models.CharField(max_length=80, blank=True)
    lake_snapshot = models.BigIntegerField(null=True)
    row_count = models.BigIntegerField(null=True)
    digest = models.CharField(max_length=64, blank=True)
    # Whether the rows are marked by which of them a join sees; False: it sees all. Unknown of the first releases.
    marked = models.BooleanField(null=True)
    # Profiles hold values, so they are sealed objects; those of the first releases stand in the row.
    first_profile = models.JSONField(default=dict, db_column="profile")
    online_keys = models.BigIntegerField(null=True)
    online_at = models.DateTimeField(null=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    # Its rows are gone since then: a person was erased from what they were made of.
    destroyed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["name", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "project", "name", "number"], name="feature_view_version_once")
        ]

    def __str__(self) -> str:
        return f"{self.name} v{self.number}"

    @property
    def feature_names(self) -> list[str]:
        return [feature["name"] for feature in self.features]

    @property
    def profile_key(self) -> str:
        """Where what is in the columns is kept, sealed."""
        return f"feature-views/{self.pk.hex}/profile"

    @cached_property
    def profile(self) -> dict[str, Any]:
        """What is in the columns (`foundation.lake.ports.Inspected`); empty where there are no rows to read."""
        if self.first_profile or self.state != BuildState.READY:
            return self.first_profile
        try:
            found: dict[str, Any] = json.loads(storage.read(self.tenant_id, self.profile_key))
        except storage.ObjectMissing:
            return {}
        return found
