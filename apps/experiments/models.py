from __future__ import annotations

from django.conf import settings
from django.db import models

from apps.experiments.choices import ACTIVE, RunState
from foundation.tenancy.models import TenantModel


class Experiment(TenantModel):
    """Runs that are compared with each other; MLflow knows it by the same name."""

    project = models.ForeignKey("projects.Project", on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=120)
    mlflow_id = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["tenant", "project", "name"], name="experiment_name_once")]

    def __str__(self) -> str:
        return self.name


class Run(TenantModel):
    """One training of a recipe on a training set, with all that reproduces it."""

    project = models.ForeignKey("projects.Project", on_delete=models.PROTECT, related_name="+")
    experiment = models.ForeignKey(Experiment, on_delete=models.PROTECT, related_name="runs")
    number = models.PositiveIntegerField()
    training_set = models.ForeignKey("features.TrainingSet", on_delete=models.PROTECT, related_name="+")
    recipe = models.CharField(max_length=63)
    params = models.JSONField(default=dict)
    seed = models.BigIntegerField(default=0)
    # {"kind": "time", "column", "test_start", "validation_start"?} | {"kind": "group", "column", "test_fraction"}
    # | {"kind": "random", "test_fraction"}
    split = models.JSONField(default=dict)
    # [{"name", "column", "from", "to"}]: parts of the test rows that get figures of their own.
    slices = models.JSONField(default=list)
    purpose = models.CharField(max_length=200, blank=True)
    resource_class = models.CharField(max_length=16, default="small")
    spec_digest = models.CharField(max_length=64)
    state = models.CharField(max_length=12, choices=RunState.choices, default=RunState.QUEUED)
    attempt = models.PositiveIntegerField(default=0)
    engine = models.CharField(max_length=16, blank=True)
    engine_name = models.CharField(max_length=120, blank=True)
    mlflow_run_id = models.CharField(max_length=64, blank=True)
    metrics = models.JSONField(default=dict)
    manifest = models.JSONField(default=dict)
    # {path below the model's folder: sha256} as the run left them; what is registered later is held against it.
    model_files = models.JSONField(default=dict)
    # The validation loss, thinned: a list of runs draws it without asking the tracking server.
    curve = models.JSONField(default=list)
    failure = models.TextField(blank=True)
    log_bytes = models.BigIntegerField(default=0)
    repeated_from = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="repeats")
    # Whether a repeat gave the same figures to the last digit; empty until both have ended.
    reproduced = models.BooleanField(null=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created_at"]
        constraints = [models.UniqueConstraint(fields=["tenant", "project", "number"], name="run_number_once")]
        indexes = [
            models.Index(fields=["tenant", "project", "-created_at"], name="run_by_project"),
            models.Index(fields=["tenant", "mlflow_run_id"], name="run_by_mlflow_id"),
        ]

    def __str__(self) -> str:
        return f"#{self.number}"

    @property
    def is_active(self) -> bool:
        return self.state in ACTIVE

    @property
    def token_purpose(self) -> str:
        """What the token of the present attempt is for; an older attempt's token names another."""
        return f"run:{self.pk}.a{self.attempt}"


class LoggedFile(TenantModel):
    """A file that MLflow keeps for a project, with its size: what the quota of storage counts and the bill bears."""

    project_id = models.UUIDField()
    # Below the project's artifacts, as MLflow keeps it.
    path = models.TextField()
    path_digest = models.CharField(max_length=64)
    # Whoever wrote it last; of a run's own container, whoever asked for the run.
    person_id = models.UUIDField(null=True)
    byte_count = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "project_id", "path_digest"], name="logged_file_once")]

    def __str__(self) -> str:
        return self.path
