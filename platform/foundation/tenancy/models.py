from __future__ import annotations

import uuid

from django.db import models
from django.db.models.expressions import Func
from django.utils.translation import get_language


class CurrentTenant(Func):
    """The tenant of the session's scope, read by the database itself."""

    function = "sanad_tenant"
    template = "%(function)s()"
    output_field = models.UUIDField()


class Tenant(models.Model):
    """An organisation whose rows nobody else sees."""

    # Lists of tenants are read for routing and system loops only, through scoping.every_tenant and find_tenant.
    row_security = "id = sanad_tenant()"
    row_security_reads = "current_setting('sanad.every_tenant', true) = 'on'"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    slug = models.SlugField(unique=True, max_length=63)
    name = models.CharField(max_length=200)
    name_ar = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["slug"]

    def __str__(self) -> str:
        return self.name

    @property
    def shown_name(self) -> str:
        """The name for a reader of the present language."""
        return self.name_ar if self.name_ar and (get_language() or "").startswith("ar") else self.name


class TenantModel(models.Model):
    """A row that belongs to one tenant; its table gets forced row-level security after every migrate."""

    row_security = "tenant_id = sanad_tenant()"
    row_security_reads: str | None = None

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.PROTECT, related_name="+")

    class Meta:
        abstract = True
