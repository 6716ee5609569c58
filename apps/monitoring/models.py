from __future__ import annotations

from django.conf import settings
from django.db import models

from apps.monitoring.choices import AlertState, ReplayState, Severity, Unfit
from foundation.tenancy.models import TenantModel


class Monitor(TenantModel):
    """What watches a deployment: thresholds of the population stability index and how many rows it wants."""

    project = models.ForeignKey("projects.Project", on_delete=models.PROTECT, related_name="+")
    deployment = models.OneToOneField("deployments.Deployment", on_delete=models.PROTECT, related_name="+")
    moved_at = models.FloatField(default=0.1)
    drifted_at = models.FloatField(default=0.25)
    fewest_rows = models.PositiveIntegerField(default=200)
    # The first days of a month are no month: until so many days were seen it is shown, but not judged.
    fewest_days = models.PositiveSmallIntegerField(default=7)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return str(self.deployment)


class TrafficMinute(TenantModel):
    """Answers of one minute of one revision, by the clock of the gateway."""

    deployment_id = models.UUIDField()
    revision_id = models.UUIDField()
    minute = models.DateTimeField()
    requests = models.PositiveIntegerField(default=0)
    rows = models.PositiveIntegerField(default=0)
    errors = models.PositiveIntegerField(default=0)
    # Counts per bin of `counting.LATENCY_EDGES_MS`, from which percentiles are read.
    latencies = models.JSONField(default=list)
    positives = models.FloatField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "deployment_id", "revision_id", "minute"], name="traffic_minute_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.deployment_id} {self.minute:%Y-%m-%d %H:%M}"


class DriftWindow(TenantModel):
    """How one feature was distributed in one window of event time, in the bins of the model's reference."""

    deployment_id = models.UUIDField()
    model_version_id = models.UUIDField()
    # Of the event time; one month each.
    window = models.DateField()
    # The feature's name, or "" for the prediction.
    feature = models.CharField(max_length=255, blank=True)
    counts = models.JSONField(default=list)
    other = models.BigIntegerField(default=0)
    missing = models.BigIntegerField(default=0)
    rows = models.BigIntegerField(default=0)
    # Days of the month that were seen, one bit each.
    days = models.BigIntegerField(default=0)
    total = models.FloatField(default=0)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["window", "feature"]
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "deployment_id", "model_version_id", "window", "feature"], name="drift_window_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.feature or 'prediction'} {self.window:%Y-%m}"


class DrainedBatch(TenantModel):
    """The last entry of the inference stream that was counted, in the same transaction as its counts."""

    stream = models.CharField(max_length=120)
    last_id = models.CharField(max_length=40, default="0-0")
    # Entries that could not be counted and lie beside the stream, and what was wrong with the last of them.
    set_aside = models.PositiveBigIntegerField(default=0)
    set_aside_because = models.CharField(max_length=8, choices=Unfit.choices, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "stream"], name="drained_stream_once")]

    def __str__(self) -> str:
        return f"{self.stream} {self.last_id}"


class Replay(TenantModel):
    """Rows of a training set sent to a deployment as if they came now, in the order of their event time."""

    project = models.ForeignKey("projects.Project", on_delete=models.PROTECT, related_name="+")
    deployment = models.ForeignKey("deployments.Deployment", on_delete=models.PROTECT, related_name="+")
    training_set = models.ForeignKey("features.TrainingSet", on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=8, choices=ReplayState.choices, default=ReplayState.PLAYING)
    per_second = models.FloatField(default=20)
    # Every n-th row is sent, so that half a year can pass in minutes.
    stride = models.PositiveIntegerField(default=10)
    position = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    # Rows of the training set without a time at which they could be played.
    left_out = models.PositiveIntegerField(default=0)
    reached = models.DateTimeField(null=True)
    failure = models.TextField(blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "deployment", "training_set"], name="one_replay_per_deployment"),
            models.CheckConstraint(condition=models.Q(stride__gte=1, per_second__gt=0), name="replay_moves"),
        ]

    def __str__(self) -> str:
        return f"{self.training_set} → {self.deployment}"


class Alert(TenantModel):
    """Something moved that should not have; one per cause, however often it is seen."""

    project = models.ForeignKey("projects.Project", on_delete=models.PROTECT, related_name="+")
    monitor = models.ForeignKey(Monitor, on_delete=models.CASCADE, related_name="alerts")
    model_version_id = models.UUIDField()
    window = models.DateField()
    feature = models.CharField(max_length=255, blank=True)
    severity = models.CharField(max_length=10, choices=Severity.choices)
    state = models.CharField(max_length=14, choices=AlertState.choices, default=AlertState.OPEN)
    psi = models.FloatField()
    rows = models.BigIntegerField()
    # {"reference_mean", "window_mean", "most": the bin that moved most}: what the sentence is made of.
    figures = models.JSONField(default=dict)
    raised_at = models.DateTimeField(auto_now_add=True)
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    acknowledged_at = models.DateTimeField(null=True)
    note = models.TextField(blank=True)

    class Meta:
        ordering = ["-raised_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "monitor", "model_version_id", "window", "feature"], name="one_alert_per_cause"
            )
        ]

    def __str__(self) -> str:
        return f"{self.feature or 'prediction'} {self.window:%Y-%m}"
