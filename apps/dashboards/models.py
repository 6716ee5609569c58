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


class SavedFilter(TenantModel):
    """A list as somebody wants to see it again: its query string under a name."""

    # Empty once the person is no member any more: what they shared stays with whoever uses it.
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="+")
    # None: of a list of the organisation.
    project = models.ForeignKey("projects.Project", null=True, on_delete=models.CASCADE, related_name="+")
    # The list's path below the project, or below the tenant (foundation.web.saved_filters.LISTS).
    path = models.CharField(max_length=48)
    name = models.CharField(max_length=80)
    query = models.CharField(max_length=2000)
    shared = models.BooleanField(default=False)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "owner", "project", "path", "name"],
                condition=models.Q(owner__isnull=False),
                nulls_distinct=False,
                name="saved_filter_name_once",
            )
        ]
        indexes = [models.Index(fields=["tenant", "project", "path"], name="saved_filter_list")]

    def __str__(self) -> str:
        return self.name


class ListDefault(TenantModel):
    """With which saved filter a list opens for one person."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    project = models.ForeignKey("projects.Project", null=True, on_delete=models.CASCADE, related_name="+")
    path = models.CharField(max_length=48)
    chosen = models.ForeignKey(SavedFilter, on_delete=models.CASCADE, related_name="defaults")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "user", "project", "path"], nulls_distinct=False, name="list_default_once"
            )
        ]

    def __str__(self) -> str:
        return self.path
