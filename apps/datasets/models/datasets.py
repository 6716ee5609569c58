"""Datasets and their versions."""

from __future__ import annotations

import json
from functools import cached_property
from typing import Any
from uuid import uuid5

from django.conf import settings
from django.db import models

from apps.datasets.choices import VersionState
from foundation import storage
from foundation.tenancy.models import TenantModel
from foundation.words import said_now

_WITH_ROWS = {VersionState.READY, VersionState.REVIEW}


class Dataset(TenantModel):
    """A table of the project that grows by immutable versions."""

    project = models.ForeignKey("projects.Project", on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=120)
    slug = models.SlugField(max_length=120)
    description = models.TextField(blank=True)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    # How long after its last version the data still counts as fresh; none promised where empty.
    freshness_promise = models.DurationField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["tenant", "project", "slug"], name="dataset_slug_once")]

    def __str__(self) -> str:
        return self.name


class DatasetVersion(TenantModel):
    """An immutable snapshot in the lake, with what was found out about it when it was taken."""

    project = models.ForeignKey("projects.Project", on_delete=models.PROTECT, related_name="+")
    dataset = models.ForeignKey(Dataset, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField(null=True)
    state = models.CharField(max_length=12, choices=VersionState.choices, default=VersionState.INGESTING)
    lake_table = models.CharField(max_length=80, blank=True)
    lake_snapshot = models.BigIntegerField(null=True)
    # Where the rows lie since they were moved into a table of their own: the ledger names the snapshot they came in at.
    moved_snapshot = models.BigIntegerField(null=True)
    # [{"name", "type", "nullable", "class", "suspected"}], in the order of the table.
    schema = models.JSONField(default=list)
    row_count = models.BigIntegerField(null=True)
    byte_count = models.BigIntegerField(null=True)
    digest = models.CharField(max_length=64, blank=True)
    # Profiles hold values, so they are sealed objects; those of the first releases stand in the row.
    first_profile = models.JSONField(default=dict, db_column="profile")
    # {"kind": "upload", "filename", "sha256", "options"}
    source = models.JSONField(default=dict)
    # Whether the version becomes ready by itself, or waits for a person who has seen it.
    review = models.BooleanField(default=True)
    # What has it read, where that was not a single act.
    ingestion = models.ForeignKey(
        "datasets.Ingestion", null=True, blank=True, on_delete=models.PROTECT, related_name="versions"
    )
    # Since when its reading is halted; it goes on from the last piece that is in.
    paused_at = models.DateTimeField(null=True, blank=True)
    failure = models.TextField(blank=True)
    # Of the failure (`foundation.words`), so that each reads it in their own language.
    failure_words = models.JSONField(default=dict, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    committed_at = models.DateTimeField(null=True)
    destroyed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    destroyed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "dataset", "number"], name="dataset_version_number_once")
        ]
        # Of a dataset into which something is read every hour most rows say that nothing was new.
        indexes = [
            models.Index(fields=["dataset", "-number"], condition=models.Q(state="ready"), name="version_newest_ready"),
            models.Index(
                fields=["dataset", "-created_at"],
                condition=~models.Q(state="unchanged"),
                name="version_newest_begun",
            ),
            models.Index(
                fields=["ingestion", "-created_at"],
                condition=models.Q(ingestion__isnull=False),
                name="version_newest_run",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.dataset.name} v{self.number}" if self.number else self.dataset.name

    @property
    def failure_said(self) -> str:
        """Why it came to nothing, in the reader's language."""
        return said_now(self.failure_words, self.failure)

    @property
    def column_names(self) -> list[str]:
        return [column["name"] for column in self.schema]

    @property
    def built_on(self) -> str | None:
        """The id of the version whose rows it takes over; empty where there was none yet, None where it takes none."""
        of = self.source.get("of") if self.source.get("kind") == "replay" else None
        return self.source.get("base", of)

    @property
    def own_table(self) -> str:
        """The table in which the rows that came lie, and those of a version that builds on none."""
        return f"ds_{self.pk.hex}"

    @property
    def new_rows_table(self) -> str:
        """While it is made by a transformation: what came to the input that is read row by row."""
        return f"dn_{self.pk.hex}"

    @property
    def table_apart(self) -> str:
        """The table of its own into which its rows move when those that share the present one are destroyed."""
        return f"dm_{uuid5(self.pk, self.lake_table).hex}"

    @property
    def profile_key(self) -> str:
        """Where what is in the columns is kept, sealed."""
        return f"dataset-versions/{self.pk.hex}/profile"

    @cached_property
    def profile(self) -> dict[str, Any]:
        """What is in the columns (`foundation.lake.ports.Inspected`); empty where there are no rows to read."""
        if self.first_profile or self.state not in _WITH_ROWS:
            return self.first_profile
        try:
            found: dict[str, Any] = json.loads(storage.read(self.tenant_id, self.profile_key))
        except storage.ObjectMissing:
            return {}
        return found
