from __future__ import annotations

import json
from functools import cached_property
from typing import Any

from django.conf import settings
from django.db import models

from apps.features.choices import BuildState, EventSource, ViewKind
from apps.features.models.deprecations import Deprecable
from apps.features.models.entities import Entity
from apps.features.models.failures import Failing
from foundation import storage
from foundation.tenancy.models import TenantModel


class FeatureView(Deprecable, Failing, TenantModel):
    """One version of a set of features: SQL or windows, an entity, an event time. A change is a new one."""

    project = models.ForeignKey("projects.Project", on_delete=models.PROTECT, related_name="+")
    entity = models.ForeignKey(Entity, on_delete=models.PROTECT, related_name="views")
    name = models.SlugField(max_length=63)
    number = models.PositiveIntegerField()
    description = models.TextField(blank=True)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    tags = models.JSONField(default=list)
    kind = models.CharField(max_length=8, choices=ViewKind.choices, default=ViewKind.SQL)
    sql = models.TextField()
    # Of windows: {"source": {"kind", "id", "alias"}, "known_since", "slide_seconds", "columns": {name: type},
    # "aggregations": [{"name", "function", "column", "seconds", "quantile"}]}; of SQL that follows a stream the same
    # without slide and aggregations.
    windows = models.JSONField(default=dict, blank=True)
    # How far a view over events has come with its source: see services.windows.progress.Progress.
    follow = models.JSONField(default=dict, blank=True)
    # {alias in the SQL: id of a dataset version}
    inputs = models.JSONField(default=dict)
    # Of these aliases those whose rows hold at all times: what came later is not left out where the SQL is looked at.
    timeless_inputs = models.JSONField(default=list, blank=True)
    event_time = models.CharField(max_length=255)
    # When a value became known, where that is later than its event time.
    created_column = models.CharField(max_length=255, blank=True)
    ttl_seconds = models.BigIntegerField(null=True, blank=True)
    # A list of {"name", "type"}; once computed also "from", and "unreal": values that were no number or infinite.
    features = models.JSONField(default=list)
    # {key or time: the columns it comes from, as features have them under "from"}; empty in views of before.
    named_by = models.JSONField(default=dict)
    definition_digest = models.CharField(max_length=64)
    state = models.CharField(max_length=12, choices=BuildState.choices, default=BuildState.BUILDING)
    # What it was before it went into the bin, and is again when it is restored.
    binned_from = models.CharField(max_length=12, choices=BuildState.choices, blank=True)
    lake_table = models.CharField(max_length=80, blank=True)
    lake_snapshot = models.BigIntegerField(null=True)
    row_count = models.BigIntegerField(null=True)
    digest = models.CharField(max_length=64, blank=True)
    # What was looked at to tell whether its SQL sees the future, see services.hindsight; empty: nobody looked.
    hindsight = models.JSONField(default=dict)
    # Whether the rows are marked by which of them a join sees; False: it sees all. Unknown of the first releases.
    marked = models.BooleanField(null=True)
    # Profiles hold values, so they are sealed objects; those of the first releases stand in the row.
    first_profile = models.JSONField(default=dict, db_column="profile")
    online_keys = models.BigIntegerField(null=True)
    online_at = models.DateTimeField(null=True)
    # About what its values take in the store, names and the store's own room for them included.
    online_bytes = models.BigIntegerField(null=True)
    # The latest event among its values online.
    online_event_at = models.DateTimeField(null=True)
    # How old that event may be before it is an alert; empty: as old as it likes.
    freshness_seconds = models.BigIntegerField(null=True, blank=True)
    # Since when it is older than that.
    stale_since = models.DateTimeField(null=True)
    # Which share of the answers is compared with the lake, and which share of these may differ before it is an alert.
    skew_share = models.FloatField(default=0.01)
    skew_limit = models.FloatField(default=0.01)
    skewed_since = models.DateTimeField(null=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    # Its rows are gone since then: somebody removed them, or a person was erased from what they were made of.
    destroyed_at = models.DateTimeField(null=True)
    # Who had it removed, and put it into the bin; nobody where an erasure did.
    removed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    removed = models.BooleanField(default=False)

    class Meta:
        ordering = ["name", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "project", "name", "number"], name="feature_view_version_once")
        ]

    def __str__(self) -> str:
        return f"{self.name} v{self.number}"

    @property
    def is_cleared(self) -> bool:
        """It was never computed, and has been cleared away: its number stays, and no list has it."""
        return self.state == BuildState.DESTROYED and not self.digest

    @property
    def follows_stream(self) -> bool:
        """Whether new events of a stream become rows of it."""
        return bool(self.windows) and self.windows["source"]["kind"] == EventSource.STREAM

    @property
    def feature_names(self) -> list[str]:
        return [feature["name"] for feature in self.features]

    @property
    def profile_key(self) -> str:
        """Where what is in the columns is kept, sealed."""
        return f"feature-views/{self.pk.hex}/profile"

    @property
    def drift_home(self) -> str:
        """Where what was counted of its features along its event time is kept, sealed: an object for each."""
        return f"feature-views/{self.pk.hex}/drift/"

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
