from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.db import models
from django.db.models.expressions import Func
from django.utils.translation import get_language

from foundation.tenancy.choices import Plan, Zone


def onshore() -> list[str]:
    """Where a tenant's data lies before anybody has chosen."""
    return [Zone.ONSHORE.value]


class CurrentTenant(Func):
    """The tenant of the session's scope, read by the database itself."""

    function = "sanad_tenant"
    template = "%(function)s()"
    output_field = models.UUIDField()


# For the watch over open connections (scoping.places_in): rows of several tenants at once, to read.
WATCHED = "tenant_id = ANY (sanad_watched())"


class Tenant(models.Model):
    """An organisation whose rows nobody else sees."""

    # Lists of tenants are read for routing and system loops only, through scoping.every_tenant and find_tenant.
    row_security = "id = sanad_tenant()"
    row_security_reads = "current_setting('sanad.every_tenant', true) = 'on' OR id = ANY (sanad_watched())"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    slug = models.SlugField(unique=True, max_length=63)
    name = models.CharField(max_length=200)
    name_ar = models.CharField(max_length=200, blank=True)
    plan = models.CharField(max_length=16, choices=Plan.choices, default=Plan.SMB)
    # Where the tenant's data may lie: words of Zone, and ISO 3166 codes of other countries. Nowhere else where empty.
    zones = models.JSONField(default=onshore)
    # Without its key nothing of a tenant opens: every door reads here, before it reads anything else (see standing.py).
    keys_withdrawn_at = models.DateTimeField(null=True, blank=True, editable=False)
    keys_destroyed_at = models.DateTimeField(null=True, blank=True, editable=False)
    # Every door is closed while the platform's operator keeps it suspended, and from when its deletion has begun.
    suspended_at = models.DateTimeField(null=True, blank=True, editable=False)
    # When its deletion begins; it can be undone until then.
    deletion_due = models.DateTimeField(null=True, blank=True, editable=False)
    deletion_begun_at = models.DateTimeField(null=True, blank=True, editable=False)
    # What is left is a stone: this row under a name that says nothing, and the ledger.
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)
    # From when on a member without a second factor can do nothing here; no such rule where empty.
    second_factor_due = models.DateTimeField(null=True, blank=True)
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


class InUse(models.Manager[Any]):
    """The rows that do not lie in the bin."""

    def get_queryset(self) -> models.QuerySet[Any]:
        return super().get_queryset().filter(binned_at=None)


class BinnableModel(TenantModel):
    """A row that lies in the bin between its deletion and its end: `objects` passes over it, `everything` does not.

    A name is taken by what is in use alone, so constraints on names are to say so (`binned_at` is null).
    """

    binned_at = models.DateTimeField(null=True, blank=True, editable=False)

    # The first is what related names and other apps' reads go by.
    objects: ClassVar[models.Manager[Any]] = InUse()
    everything: ClassVar[models.Manager[Any]] = models.Manager()

    class Meta:
        abstract = True
