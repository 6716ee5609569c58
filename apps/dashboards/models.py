from __future__ import annotations

from django.conf import settings
from django.db import models

from foundation.tenancy.models import TenantModel


class Visit(TenantModel):
    """A thing whose page a person has opened, and whether they marked it with a star."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=40)
    object_id = models.UUIDField()
    visited_at = models.DateTimeField()
    starred = models.BooleanField(default=False)

    class Meta:
        ordering = ["-visited_at"]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "user", "kind", "object_id"], name="visit_once_per_thing")
        ]
        indexes = [models.Index(fields=["tenant", "user", "-visited_at"], name="visit_newest")]

    def __str__(self) -> str:
        return f"{self.kind} {self.object_id}"


class Dismissal(TenantModel):
    """A person has put the getting-started list of a project away."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    project = models.ForeignKey("projects.Project", on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "user", "project"], name="dismissed_once")]

    def __str__(self) -> str:
        return str(self.project_id)
