"""The steps up to 0003 as one, for a fresh database; one that has taken some of them takes the others one by one."""

import uuid

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

from foundation.tenancy.operations import CreateModels


class Migration(migrations.Migration):
    replaces = [("jobs", "0001_initial"), ("jobs", "0002_who_cancelled"), ("jobs", "0003_refused_jobs")]

    initial = True

    dependencies = [
        ("tenancy", "0001_squashed_0005_suspension_and_leaving"),
    ]

    operations = [
        CreateModels(
            operations=[
                migrations.CreateModel(
                    name="Clockwork",
                    fields=[
                        ("name", models.CharField(max_length=100, primary_key=True, serialize=False)),
                        ("tick", models.BigIntegerField(default=0)),
                        ("due_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                        ("taken_tick", models.BigIntegerField(default=0)),
                        ("lease_until", models.DateTimeField(blank=True, null=True)),
                        ("started_at", models.DateTimeField(blank=True, null=True)),
                        ("finished_at", models.DateTimeField(blank=True, null=True)),
                        ("failure", models.TextField(blank=True)),
                    ],
                ),
                migrations.CreateModel(
                    name="Worker",
                    fields=[
                        ("name", models.CharField(max_length=200, primary_key=True, serialize=False)),
                        ("queues", models.JSONField(default=list)),
                        ("concurrency", models.PositiveIntegerField(default=1)),
                        ("started_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                        ("seen_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                    ],
                ),
                migrations.CreateModel(
                    name="Job",
                    fields=[
                        ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        ("name", models.CharField(max_length=100)),
                        ("queue", models.CharField(max_length=32)),
                        ("title", models.CharField(max_length=300)),
                        ("project_id", models.UUIDField(blank=True, null=True)),
                        ("subject_kind", models.CharField(blank=True, max_length=32)),
                        ("subject_id", models.UUIDField(blank=True, null=True)),
                        ("arguments", models.JSONField(default=dict)),
                        ("actor_kind", models.CharField(max_length=16)),
                        ("actor_id", models.UUIDField(blank=True, null=True)),
                        ("actor_label", models.CharField(max_length=200)),
                        ("actor_limits", models.JSONField(default=dict)),
                        ("request_id", models.CharField(blank=True, max_length=64)),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("queued", "Queued"),
                                    ("running", "Running"),
                                    ("succeeded", "Succeeded"),
                                    ("failed", "Failed"),
                                    ("cancelled", "Cancelled"),
                                ],
                                default="queued",
                                max_length=10,
                            ),
                        ),
                        ("attempt", models.PositiveIntegerField(default=0)),
                        ("max_attempts", models.PositiveIntegerField()),
                        ("step", models.CharField(blank=True, max_length=300)),
                        ("percent", models.FloatField(blank=True, null=True)),
                        ("failure", models.TextField(blank=True)),
                        ("cancel_requested_at", models.DateTimeField(blank=True, null=True)),
                        ("cancel_requested_by", models.CharField(blank=True, max_length=200)),
                        ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                        ("started_at", models.DateTimeField(blank=True, null=True)),
                        ("finished_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "tenant",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenancy.tenant"
                            ),
                        ),
                        ("cancel_actor_id", models.UUIDField(blank=True, null=True)),
                        ("cancel_actor_kind", models.CharField(blank=True, max_length=16)),
                        ("cancel_request_id", models.CharField(blank=True, max_length=64)),
                    ],
                    options={
                        "ordering": ["-created_at"],
                        "indexes": [
                            models.Index(fields=["tenant", "-created_at"], name="job_newest"),
                            models.Index(
                                fields=["tenant", "subject_kind", "subject_id", "-created_at"], name="job_of_subject"
                            ),
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("state__in", ["queued", "running", "succeeded", "failed", "cancelled"])
                                ),
                                name="job_state_known",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("finished_at__isnull", False),
                                        ("state__in", frozenset(["cancelled", "failed", "succeeded"])),
                                    ),
                                    models.Q(
                                        models.Q(
                                            ("state__in", frozenset(["cancelled", "failed", "succeeded"])),
                                            _negated=True,
                                        ),
                                        ("finished_at__isnull", True),
                                    ),
                                    _connector="OR",
                                ),
                                name="job_finished_has_time",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="JobTicket",
                    fields=[
                        ("number", models.BigAutoField(primary_key=True, serialize=False)),
                        ("scope_id", models.UUIDField()),
                        ("name", models.CharField(max_length=100)),
                        ("queue", models.CharField(max_length=32)),
                        (
                            "state",
                            models.CharField(
                                choices=[("queued", "Queued"), ("running", "Running")], default="queued", max_length=8
                            ),
                        ),
                        ("attempt", models.PositiveIntegerField(default=0)),
                        ("max_attempts", models.PositiveIntegerField()),
                        ("due_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                        ("published_at", models.DateTimeField(blank=True, null=True)),
                        ("lease_until", models.DateTimeField(blank=True, null=True)),
                        ("worker", models.CharField(blank=True, max_length=200)),
                        ("cancelled", models.BooleanField(default=False)),
                        (
                            "job",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.CASCADE, related_name="ticket", to="jobs.job"
                            ),
                        ),
                        ("refused", models.PositiveIntegerField(default=0)),
                    ],
                    options={
                        "indexes": [
                            models.Index(fields=["queue", "state", "number"], name="ticket_place"),
                            models.Index(
                                condition=models.Q(("state", "running")), fields=["lease_until"], name="ticket_lease"
                            ),
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("lease_until__isnull", False), ("state", "running")),
                                    models.Q(("lease_until__isnull", True), ("state", "queued")),
                                    _connector="OR",
                                ),
                                name="ticket_running_has_lease",
                            )
                        ],
                    },
                ),
            ],
        ),
    ]
