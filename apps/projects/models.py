from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.db import models

from foundation.tenancy.models import TenantModel


class Project(TenantModel):
    """One piece of work in a tenant: its data, features, runs, models and deployments belong together."""

    # The slug is part of addresses, of MLflow workspaces and of tokens: it never changes.
    slug = models.SlugField(max_length=63)
    name = models.CharField(max_length=120)
    description = models.TextField(blank=True)
    # What the personal data in it, if any, is used for: asked once, shown in every report.
    purpose = models.CharField(max_length=500)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    # An archived project is read and never written to (foundation.access.archives), until it is brought back.
    archived_at = models.DateTimeField(null=True, blank=True, editable=False)
    archived_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, editable=False, on_delete=models.SET_NULL, related_name="+"
    )

    # When its deletion begins; it can be kept until then.
    deletion_due = models.DateTimeField(null=True, blank=True, editable=False)
    # From here on nobody finds it: no selector answers with it.
    deletion_begun_at = models.DateTimeField(null=True, blank=True, editable=False)
    # What is left is a stone: this row under its short name alone, which is free for another project.
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "slug"], condition=models.Q(deleted_at__isnull=True), name="project_slug_once"
            )
        ]
        indexes = [
            # Every request asks which of a tenant's projects are archived.
            models.Index(fields=["tenant"], condition=models.Q(archived_at__isnull=False), name="project_archived"),
            # Once a minute it is asked whose deletion is due.
            models.Index(fields=["tenant"], condition=models.Q(deletion_due__isnull=False), name="project_deletion"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def project_id(self) -> UUID:
        """A project is inside itself, so that permissions and addresses are asked of it as of what it holds."""
        return self.pk


class ProjectDeletion(TenantModel):
    """A deletion that was asked for, until it is done: by whom, when, and what lies outside the database."""

    project = models.OneToOneField(Project, on_delete=models.PROTECT, related_name="deletion")
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    asked_at = models.DateTimeField()
    # {room: {"tables", "objects", "things"}}, written with the rows' end: they alone said where it lies.
    outside = models.JSONField(null=True)

    def __str__(self) -> str:
        return str(self.project_id)
