from __future__ import annotations

from typing import Any

from django.db import models

from foundation.storage.choices import BroughtSource
from foundation.tenancy.models import TenantModel


class BroughtKey(TenantModel):
    """A key of the tenant's own: inside the wrap of each of its keys, so that without it none of them opens.

    `name` is its name in the key store `store`; of a key in the tenant's hands in Vault, the name that it has there.
    """

    source = models.CharField(max_length=16, choices=BroughtSource.choices)
    store = models.CharField(max_length=80)
    name = models.CharField(max_length=120)
    brought_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant"], name="storage_broughtkey_tenant")]

    def __str__(self) -> str:
        return f"own key of {self.tenant_id}"

    @property
    def is_kept_here(self) -> bool:
        """Whether the portal's key store holds it; one in Vault stays in the tenant's hands."""
        return self.source == BroughtSource.UPLOAD


class TenantKey(TenantModel):
    """A key of a tenant, wrapped; everything of the tenant is sealed under it or a key derived from it.

    What wraps it is the secret `name` in the key store that `mark` names. Without a name it was wrapped the old way, by
    the portal's secret key alone. `purpose` is empty for the key of objects and secrets, of which there is always one.
    """

    purpose = models.CharField(max_length=40, blank=True, default="")
    number = models.PositiveIntegerField(default=1)
    wrapped = models.BinaryField()
    name = models.CharField(max_length=120, blank=True, default="")
    mark = models.CharField(max_length=80, blank=True, default="")
    brought = models.BooleanField(default=False)
    # It was wrapped the old way once, and older backups of the database hold it so: destroying its secret ends less.
    exposed = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    wrapped_at = models.DateTimeField(auto_now_add=True)
    destroyed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "purpose", "number"], name="storage_tenantkey_number"),
        ]

    def __str__(self) -> str:
        return f"key {self.number} of {self.tenant_id}"

    @property
    def bound(self) -> bytes:
        """What the wrap is bound to besides the secret's name: whose key it is, what for, and which one."""
        if not self.name:
            return b"tenant key" + self.tenant_id.bytes + self.number.to_bytes(4, "big")
        return self.tenant_id.bytes + self.number.to_bytes(4, "big") + self.purpose.encode()

    def secret_name(self, ending: str) -> str:
        """A name for a new wrapping secret: the tenant's id is its beginning, so that all of a tenant's are found."""
        return f"{names_of(self.tenant_id)}{self.purpose or 'tenant'}.{self.number}.{ending}"


def names_of(tenant_id: Any) -> str:
    """How the names of all wrapping secrets of a tenant begin."""
    return f"{tenant_id.hex}."
