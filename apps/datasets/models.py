from __future__ import annotations

import json
from functools import cached_property
from typing import Any

from django.conf import settings
from django.db import models

from apps.datasets.choices import LEFT_TO_PEOPLE, ErasedKind, ErasureState, VersionState
from foundation import storage
from foundation.tenancy.models import TenantModel

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
    failure = models.TextField(blank=True)
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

    def __str__(self) -> str:
        return f"{self.dataset.name} v{self.number}" if self.number else self.dataset.name

    @property
    def column_names(self) -> list[str]:
        return [column["name"] for column in self.schema]

    @property
    def profile_key(self) -> str:
        """Where what is in the columns is kept, sealed."""
        return f"dataset-versions/{self.pk.hex}/profile"

    @cached_property
    def profile(self) -> dict[str, Any]:
        """What is in the columns (`foundation.lake.adapters.profile`); empty where there are no rows to read."""
        if self.first_profile or self.state not in _WITH_ROWS:
            return self.first_profile
        try:
            found: dict[str, Any] = json.loads(storage.read(self.tenant_id, self.profile_key))
        except storage.ObjectMissing:
            return {}
        return found


class Erasure(TenantModel):
    """One person's rows on their way out: the value that names the person is sealed, and gone when the work ends."""

    project = models.ForeignKey("projects.Project", on_delete=models.PROTECT, related_name="+")
    # None: every dataset of the project that has the column.
    dataset = models.ForeignKey(Dataset, null=True, on_delete=models.PROTECT, related_name="+")
    column = models.CharField(max_length=255)
    sealed = models.BinaryField()
    # HMAC-SHA256 of the value under a key of the tenant: tells whether two erasures were of one person, and not who.
    subject_digest = models.CharField(max_length=64)
    state = models.CharField(max_length=12, choices=ErasureState.choices, default=ErasureState.ERASING)
    version_count = models.PositiveIntegerField(default=0)
    row_count = models.BigIntegerField(default=0)
    # SHA-256 of what was erased where, as `services.erasing.summing` writes it; the ledger names it too.
    summary_digest = models.CharField(max_length=64, blank=True)
    failure = models.TextField(blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return self.subject_digest[:12]

    @property
    def key_purpose(self) -> str:
        """The value is sealed under a key of its own, which is destroyed with it: no backup opens it afterwards."""
        return f"erasure:{self.pk.hex}"


class ErasedThing(TenantModel):
    """One thing in which a person was found, and what became of it."""

    erasure = models.ForeignKey(Erasure, on_delete=models.CASCADE, related_name="things")
    kind = models.CharField(max_length=20, choices=ErasedKind.choices)
    thing_id = models.UUIDField()
    name = models.CharField(max_length=300)
    # Of all its rows, as it was: what a run's or a model's lineage names.
    digest = models.CharField(max_length=64, blank=True)
    # None: made from the person's rows, in which none can be told apart.
    row_count = models.BigIntegerField(null=True)
    successor_id = models.UUIDField(null=True)
    note = models.TextField(blank=True)
    erased_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["kind", "name"]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "erasure", "kind", "thing_id"], name="erased_thing_once")
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_left(self) -> bool:
        """Whether it is for people to decide what becomes of it."""
        return self.kind in LEFT_TO_PEOPLE


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
