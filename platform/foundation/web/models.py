from __future__ import annotations

from django.conf import settings
from django.db import models

from foundation.tenancy.models import TenantModel


class IdempotentAnswer(TenantModel):
    """The answer that a request with an Idempotency-Key got, kept for a day."""

    owner = models.UUIDField(null=True)
    key = models.CharField(max_length=128)
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    body = models.BinaryField()
    content_type = models.CharField(max_length=100)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "owner", "key"], name="idempotent_key_once")]

    def __str__(self) -> str:
        return self.key


class Edition(TenantModel):
    """A text that people write about a thing, as it was saved once: the card of a dataset or of a model version."""

    project_id = models.UUIDField(null=True)
    kind = models.CharField(max_length=40)
    thing_id = models.UUIDField()
    number = models.PositiveIntegerField()
    text = models.TextField(blank=True)
    why = models.CharField(max_length=200, blank=True)
    # The edition whose text this one has again.
    restores = models.PositiveIntegerField(null=True)
    # Neither is known of what was written before editions were kept.
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "kind", "thing_id", "number"], name="edition_number_once")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.number}"
