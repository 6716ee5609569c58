from __future__ import annotations

from django.conf import settings
from django.db import models

from apps.tenants.choices import BinKind
from foundation.tenancy.models import TenantModel


class BinnedThing(TenantModel):
    """What somebody deleted, and until when it can be brought back, under its id.

    Of a group, a webhook or an identity provider the row itself is gone, so that nothing in here grants, sends or lets
    in anything, and all that is needed to make it again is kept. Of a thing of data the row stays where it is, marked.
    """

    kind = models.CharField(max_length=20, choices=BinKind.choices)
    thing_id = models.UUIDField()
    # Of a thing that belongs to one project.
    project_id = models.UUIDField(null=True, blank=True)
    # As it was shown; whoever deletes it for ever types it.
    name = models.CharField(max_length=200)
    deleted_at = models.DateTimeField()
    deleted_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    kept_until = models.DateTimeField()
    # How many a group has, or an identity provider knows; and the roles of a group, or the lines of a mapping.
    people = models.PositiveIntegerField(default=0)
    roles = models.PositiveIntegerField(default=0)
    # Ids, settings and sealed secrets in base64, as services/binning.py writes them.
    kept = models.JSONField(default=dict)
    # JSON sealed with the tenant's key for this one row: what names a person or may be a secret.
    sealed = models.BinaryField(default=bytes)

    class Meta:
        ordering = ["-deleted_at"]
        constraints = [models.UniqueConstraint(fields=["tenant", "kind", "thing_id"], name="binned_once")]
        indexes = [models.Index(fields=["tenant", "kept_until"], name="binned_until")]

    def __str__(self) -> str:
        return self.name
