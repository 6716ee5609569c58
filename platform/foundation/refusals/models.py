from __future__ import annotations

from django.db import models

from foundation.tenancy.models import TenantModel


class RefusalWindow(TenantModel):
    """Refusals of one asker at one route with one status, counted while the ledger has been told of the first."""

    # The person, the service account or the token: whoever is counted.
    asker_id = models.UUIDField()
    route = models.CharField(max_length=200)
    status = models.PositiveSmallIntegerField()
    method = models.CharField(max_length=16)
    reason = models.CharField(max_length=80)
    # As whom the closing entry is written, and about what.
    actor_kind = models.CharField(max_length=16)
    actor_id = models.UUIDField(null=True)
    subject_kind = models.CharField(max_length=40)
    subject_id = models.UUIDField()
    opened_at = models.DateTimeField()
    # Since the ledger was told last.
    untold = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "asker_id", "route", "status"], name="refusal_window_once")
        ]
        indexes = [models.Index(fields=["tenant", "opened_at"], name="refusal_window_by_age")]

    def __str__(self) -> str:
        return f"{self.route} {self.status}: {self.untold}"
