from __future__ import annotations

from uuid import UUID

from django.db import models
from django.db.models.functions import Now
from guardian.models import UserObjectPermissionAbstract

from foundation.access.permissions import Role
from foundation.identity.models import User
from foundation.tenancy.models import CurrentTenant, Tenant, TenantModel


class Membership(TenantModel):
    """A person's role in a tenant."""

    # Somebody who signs in sees which tenants are theirs before one of them is chosen.
    row_security_reads = "user_id = sanad_user()"

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=16, choices=Role.choices)
    joined_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["joined_at"]
        constraints = [models.UniqueConstraint(fields=["tenant", "user"], name="membership_once")]

    def __str__(self) -> str:
        return f"{self.user} · {self.role}"


class UserGrant(UserObjectPermissionAbstract):
    """Guardian's grant to a person, here always on a project; the tenant is set by the database from the scope."""

    row_security = "tenant_id = sanad_tenant()"
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+", db_default=CurrentTenant())
    given_at = models.DateTimeField(db_default=Now())

    class Meta(UserObjectPermissionAbstract.Meta):
        abstract = False

    @property
    def project_id(self) -> UUID:
        return UUID(self.object_pk)

    @property
    def name(self) -> str:
        """Our word for the permission, as `access.Permission` spells it."""
        return self.permission.codename
