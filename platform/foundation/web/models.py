from __future__ import annotations

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
