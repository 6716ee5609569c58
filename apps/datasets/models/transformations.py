"""Transformations: SQL by which one dataset is made of others, each change of it kept, and each making of rows."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from apps.datasets.choices import (
    PassState,
    TransformationMode,
    TransformationState,
    TransformationTrigger,
)
from apps.datasets.models.datasets import Dataset, DatasetVersion
from foundation.tenancy.models import BinnableModel, TenantModel


class Transformation(BinnableModel):
    """What makes the versions of one dataset; how, its newest definition says."""

    project = models.ForeignKey("projects.Project", on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=120)
    output = models.ForeignKey(Dataset, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=8, choices=TransformationState.choices, default=TransformationState.ACTIVE)
    # When the clock has it run next; empty where it does not.
    next_at = models.DateTimeField(null=True, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "project", "name"], condition=Q(binned_at=None), name="transformation_name_once"
            ),
            models.UniqueConstraint(
                fields=["tenant", "output"], condition=Q(binned_at=None), name="transformation_once_per_output"
            ),
        ]
        indexes = [
            models.Index(fields=["tenant", "next_at"], condition=Q(next_at__isnull=False), name="transformation_due")
        ]

    def __str__(self) -> str:
        return self.name


class TransformationDefinition(TenantModel):
    """How a transformation makes its rows, from one change to the next; never changed itself."""

    project = models.ForeignKey("projects.Project", on_delete=models.PROTECT, related_name="+")
    transformation = models.ForeignKey(Transformation, on_delete=models.CASCADE, related_name="definitions")
    number = models.PositiveIntegerField()
    sql = models.TextField()
    # {name in the SQL: id of a dataset}
    inputs = models.JSONField(default=dict)
    mode = models.CharField(max_length=12, choices=TransformationMode.choices, default=TransformationMode.FULL)
    # The input whose new rows are read alone, where the mode is incremental.
    growing = models.CharField(max_length=120, blank=True)
    # Whether each version waits for a person who has seen it.
    review = models.BooleanField(default=False)
    trigger = models.CharField(max_length=8, choices=TransformationTrigger.choices, default=TransformationTrigger.INPUT)
    cron = models.CharField(max_length=120, blank=True)
    time_zone = models.CharField(max_length=64, blank=True)
    # Whether whoever said so saw personal values in clear: else it reads none, also not those that come later.
    sees_clear = models.BooleanField(default=False)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "transformation", "number"], name="definition_number_once")
        ]

    def __str__(self) -> str:
        return f"{self.transformation.name} v{self.number}"


class TransformationPass(TenantModel):
    """One making of the output: planned, then begun with exact input versions; what came of it, and why."""

    project = models.ForeignKey("projects.Project", on_delete=models.PROTECT, related_name="+")
    transformation = models.ForeignKey(Transformation, on_delete=models.CASCADE, related_name="passes")
    # Both are said when it begins.
    definition = models.ForeignKey(TransformationDefinition, null=True, on_delete=models.CASCADE, related_name="+")
    # {name in the SQL: id of a version}
    inputs = models.JSONField(default=dict)
    # SHA-256 of them: the same definition makes no second version of the same inputs.
    inputs_digest = models.CharField(max_length=64, blank=True)
    version = models.OneToOneField(DatasetVersion, null=True, on_delete=models.SET_NULL, related_name="+")
    state = models.CharField(max_length=10, choices=PassState.choices, default=PassState.WAITING)
    # "full" or "incremental", as it was really done.
    mode = models.CharField(max_length=12, choices=TransformationMode.choices, blank=True)
    # Why it was done so, failed or was left out.
    note = models.TextField(blank=True)
    # The transformation whose failure kept this from being made.
    stopped_by = models.UUIDField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "definition", "inputs_digest"],
                condition=Q(state__in=["running", "review", "succeeded"]),
                name="pass_once_per_inputs",
            ),
            models.UniqueConstraint(
                fields=["tenant", "transformation"], condition=Q(state="waiting"), name="pass_waits_once"
            ),
        ]
        indexes = [models.Index(fields=["transformation", "-created_at"], name="pass_newest")]

    def __str__(self) -> str:
        return f"{self.transformation.name} {self.created_at:%Y-%m-%d %H:%M}"
