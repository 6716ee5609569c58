from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import models
from django.db.models.functions import Now

from foundation.jobs.choices import FINAL, JobState
from foundation.tenancy.models import TenantModel


class Job(TenantModel):
    """Work that somebody asked for: what, for whom, how far, how it ended."""

    name = models.CharField(max_length=100)
    queue = models.CharField(max_length=32)
    title = models.CharField(max_length=300)
    project_id = models.UUIDField(null=True, blank=True)
    subject_kind = models.CharField(max_length=32, blank=True)
    subject_id = models.UUIDField(null=True, blank=True)
    arguments = models.JSONField(default=dict)

    actor_kind = models.CharField(max_length=16)
    actor_id = models.UUIDField(null=True, blank=True)
    actor_label = models.CharField(max_length=200)
    actor_limits = models.JSONField(default=dict)
    request_id = models.CharField(max_length=64, blank=True)

    state = models.CharField(max_length=10, choices=JobState.choices, default=JobState.QUEUED)
    attempt = models.PositiveIntegerField(default=0)
    max_attempts = models.PositiveIntegerField()
    step = models.CharField(max_length=300, blank=True)
    percent = models.FloatField(null=True, blank=True)
    failure = models.TextField(blank=True)
    cancel_requested_at = models.DateTimeField(null=True, blank=True)
    cancel_requested_by = models.CharField(max_length=200, blank=True)
    cancel_actor_kind = models.CharField(max_length=16, blank=True)
    cancel_actor_id = models.UUIDField(null=True, blank=True)
    cancel_request_id = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(db_default=Now())
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]
        indexes = [
            models.Index(fields=["tenant", "-created_at"], name="job_newest"),
            models.Index(fields=["tenant", "subject_kind", "subject_id", "-created_at"], name="job_of_subject"),
        ]
        constraints = [
            models.CheckConstraint(condition=models.Q(state__in=JobState.values), name="job_state_known"),
            models.CheckConstraint(
                condition=models.Q(state__in=FINAL, finished_at__isnull=False)
                | (~models.Q(state__in=FINAL) & models.Q(finished_at__isnull=True)),
                name="job_finished_has_time",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_final(self) -> bool:
        return self.state in FINAL

    @property
    def subject(self) -> tuple[str, UUID] | None:
        return (self.subject_kind, self.subject_id) if self.subject_id else None

    def elapsed(self, now: datetime) -> timedelta | None:
        """How long the present or last attempt took."""
        return (self.finished_at or now) - self.started_at if self.started_at else None

    def time_left(self, now: datetime) -> timedelta | None:
        """The rest by simple proportion, once enough is done to say."""
        elapsed = self.elapsed(now)
        if self.state != JobState.RUNNING or elapsed is None or not self.percent or self.percent < 5:
            return None
        return elapsed * ((100 - self.percent) / self.percent)


class JobTicket(models.Model):
    """The place of an open job in its queue and the lease of its attempt; gone when the job has ended.

    Queues serve all tenants, so tickets are read across them: place, due time, lease. They name ids and nothing else;
    what the job is about lies in Job, behind row-level security, in the scope `scope_id`.
    """

    class State(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"

    number = models.BigAutoField(primary_key=True)
    job = models.OneToOneField(Job, on_delete=models.CASCADE, related_name="ticket")
    scope_id = models.UUIDField()
    name = models.CharField(max_length=100)
    queue = models.CharField(max_length=32)
    state = models.CharField(max_length=8, choices=State.choices, default=State.QUEUED)
    attempt = models.PositiveIntegerField(default=0)
    # How often in a row it was not admitted (registry.on_admission); 0 for what waits for a worker alone.
    refused = models.PositiveIntegerField(default=0)
    max_attempts = models.PositiveIntegerField()
    due_at = models.DateTimeField(db_default=Now())
    published_at = models.DateTimeField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    worker = models.CharField(max_length=200, blank=True)
    cancelled = models.BooleanField(default=False)

    class Meta:
        indexes = [
            models.Index(fields=["queue", "state", "number"], name="ticket_place"),
            models.Index(fields=["lease_until"], name="ticket_lease", condition=models.Q(state="running")),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state="running", lease_until__isnull=False)
                | models.Q(state="queued", lease_until__isnull=True),
                name="ticket_running_has_lease",
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.job_id}"


class Clockwork(models.Model):
    """A periodic task: which tick was given out, which was taken, and the lease of the run in progress."""

    name = models.CharField(max_length=100, primary_key=True)
    tick = models.BigIntegerField(default=0)
    due_at = models.DateTimeField(db_default=Now())
    taken_tick = models.BigIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    failure = models.TextField(blank=True)

    def __str__(self) -> str:
        return self.name


class Worker(models.Model):
    """A worker process that says it is there; queues without one keep their jobs waiting, and say so."""

    name = models.CharField(max_length=200, primary_key=True)
    queues = models.JSONField(default=list)
    concurrency = models.PositiveIntegerField(default=1)
    started_at = models.DateTimeField(db_default=Now())
    seen_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return self.name
