from __future__ import annotations

from django.conf import settings
from django.db import models

from apps.deployments.choices import RevisionState
from foundation.tenancy.models import TenantModel


class Deployment(TenantModel):
    """An address at which a model answers; what answers there is said by its revisions."""

    project = models.ForeignKey("projects.Project", on_delete=models.PROTECT, related_name="+")
    slug = models.SlugField(max_length=63)
    name = models.CharField(max_length=120)
    model = models.ForeignKey("registry.Model", on_delete=models.PROTECT, related_name="+")
    max_body_bytes = models.PositiveIntegerField(default=8 * 1024 * 1024)
    log_requests = models.BooleanField(default=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]
        # The address carries tenant and deployment only, so a slug is free once in the tenant.
        constraints = [models.UniqueConstraint(fields=["tenant", "slug"], name="deployment_slug_once")]

    def __str__(self) -> str:
        return self.name


class Revision(TenantModel):
    """One model version behind the address, with its share of the traffic."""

    project = models.ForeignKey("projects.Project", on_delete=models.PROTECT, related_name="+")
    deployment = models.ForeignKey(Deployment, on_delete=models.PROTECT, related_name="revisions")
    number = models.PositiveIntegerField()
    model_version = models.ForeignKey("registry.ModelVersion", on_delete=models.PROTECT, related_name="+")
    # Void approvals and changed artifacts show here: the digest that was approved when this revision was made.
    artifact_digest = models.CharField(max_length=64)
    state = models.CharField(max_length=10, choices=RevisionState.choices, default=RevisionState.STARTING)
    traffic_percent = models.PositiveSmallIntegerField(default=0)
    attempt = models.PositiveIntegerField(default=0)
    restarts = models.PositiveIntegerField(default=0)
    engine = models.CharField(max_length=16, blank=True)
    engine_name = models.CharField(max_length=120, blank=True)
    address = models.CharField(max_length=255, blank=True)
    resource_class = models.CharField(max_length=16, default="small")
    # Whether its replica may look features up: only where whoever deployed it sees all of them in clear.
    looks_up = models.BooleanField(default=False)
    failure = models.TextField(blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    ready_at = models.DateTimeField(null=True)
    served_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "deployment", "number"], name="revision_number_once"),
            models.CheckConstraint(condition=models.Q(traffic_percent__lte=100), name="revision_percent"),
        ]

    def __str__(self) -> str:
        return f"{self.deployment.name} r{self.number}"


class RouteTable(models.Model):
    """The number of the gateway's route table: it rises with every change, in commit order. One row, of no tenant."""

    number = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return str(self.number)
