"""People on their way out of the data."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from apps.datasets.choices import LEFT_TO_PEOPLE, ErasedKind, ErasureState
from apps.datasets.models.datasets import Dataset
from foundation.tenancy.models import TenantModel
from foundation.words import said_now


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
    # SHA-256 of what was erased where, as `services.erasing.ending` writes it; the ledger names it too.
    summary_digest = models.CharField(max_length=64, blank=True)
    failure = models.TextField(blank=True)
    failure_words = models.JSONField(default=dict, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created_at"]

    @property
    def failure_said(self) -> str:
        """Why it came to nothing, in the reader's language."""
        return said_now(self.failure_words, self.failure)

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
