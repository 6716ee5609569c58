"""What the doors of identity providers count."""

from __future__ import annotations

from django.db import models

from foundation.identity.models import IdentityProvider
from foundation.tenancy.models import TenantModel


class StrayRefusals(TenantModel):
    """Refused answers that no sign-in of their browser asked for: counted here, told to the ledger now and then.

    Anybody can bring such an answer, as often as they like; the ledger keeps every line for good.
    """

    provider = models.OneToOneField(IdentityProvider, on_delete=models.CASCADE, related_name="+")
    # When the ledger was told last, and how many there were since.
    told_at = models.DateTimeField(null=True, blank=True)
    untold = models.PositiveIntegerField(default=0)
    # Of the last of them: a word such as state or unsigned.
    reason = models.CharField(max_length=40, blank=True)

    def __str__(self) -> str:
        return f"{self.provider}: {self.untold}"
