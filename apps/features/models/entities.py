from __future__ import annotations

from django.conf import settings
from django.db import models

from foundation.tenancy.models import TenantModel


class Entity(TenantModel):
    """What features are about: a carrier, an airport, a customer; named by its join keys."""

    project = models.ForeignKey("projects.Project", on_delete=models.PROTECT, related_name="+")
    name = models.SlugField(max_length=63)
    join_keys = models.JSONField(default=list)
    # {join key: a KeyType}; empty of those of the first releases until a view tells.
    key_types = models.JSONField(default=dict)
    description = models.TextField(blank=True)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    tags = models.JSONField(default=list)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["tenant", "project", "name"], name="entity_name_once")]

    def __str__(self) -> str:
        return self.name
