"""How data comes into a dataset again and again."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from apps.datasets.choices import IngestionState, Mode
from apps.datasets.models.datasets import Dataset
from foundation.tenancy.models import BinnableModel


class Ingestion(BinnableModel):
    """What is read into a dataset, through which connection, how it is put to what is there, and when."""

    project = models.ForeignKey("projects.Project", on_delete=models.PROTECT, related_name="+")
    dataset = models.ForeignKey(Dataset, on_delete=models.PROTECT, related_name="ingestions")
    connection = models.ForeignKey("connections.Connection", on_delete=models.PROTECT, related_name="+")
    place = models.CharField(max_length=2000)
    pattern = models.CharField(max_length=200, blank=True)
    options = models.JSONField(default=dict)
    mode = models.CharField(max_length=12, choices=Mode.choices, default=Mode.FULL)
    # The columns whose values name a row; needed by `upsert`, allowed with `incremental`.
    key = models.JSONField(default=list)
    # The column whose values only grow; of files none is needed.
    cursor = models.CharField(max_length=255, blank=True)
    # Five fields of cron, read in `zone`; empty: it is started by hand, by REST or by `after`.
    cron = models.CharField(max_length=100, blank=True)
    zone = models.CharField(max_length=64, blank=True)
    # Each new version of this dataset starts it.
    after = models.ForeignKey(Dataset, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    # Whether a person looks at each version before it is committed.
    review = models.BooleanField(default=False)
    state = models.CharField(max_length=8, choices=IngestionState.choices, default=IngestionState.ACTIVE)
    # How far the committed versions lead (`Source.reached`).
    reached = models.TextField(blank=True)
    next_at = models.DateTimeField(null=True, blank=True)
    # Why the last time that was due brought nothing, where no version says it.
    trouble = models.TextField(blank=True)
    # Whoever said last what is read: with their rights, as they are then, it is started.
    actor_kind = models.CharField(max_length=16)
    actor_id = models.UUIDField(null=True)
    # Whether they saw personal values masked when they said it: of a token's limits nothing else is known later.
    masked = models.BooleanField(default=False)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["state", "next_at"], name="ingestion_due")]

    def __str__(self) -> str:
        return f"{self.dataset.name} ← {self.place or self.connection.name}"
