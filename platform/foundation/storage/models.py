from __future__ import annotations

from django.db import models

from foundation.tenancy.models import TenantModel


class TenantKey(TenantModel):
    """A tenant's key, wrapped by the portal's; everything of the tenant is sealed under it or a key derived from it."""

    number = models.PositiveIntegerField(default=1)
    wrapped = models.BinaryField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "number"], name="storage_tenantkey_number")]

    def __str__(self) -> str:
        return f"key {self.number} of {self.tenant_id}"
