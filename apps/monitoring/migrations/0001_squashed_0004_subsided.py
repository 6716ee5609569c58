"""The steps up to 0004 as one, for a fresh database; one that has taken some of them takes the others one by one."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from foundation.tenancy.operations import CreateModels


class Migration(migrations.Migration):
    replaces = [
        ("monitoring", "0001_initial"),
        ("monitoring", "0002_days_seen"),
        ("monitoring", "0003_set_aside_and_failed"),
        ("monitoring", "0004_subsided"),
    ]

    initial = True

    dependencies = [
        ("deployments", "0001_squashed_0002_initial"),
        ("features", "0001_squashed_0003_destroyed"),
        ("projects", "0001_initial"),
        ("tenancy", "0001_squashed_0005_suspension_and_leaving"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        CreateModels(
            operations=[
                migrations.CreateModel(
                    name="Monitor",
                    fields=[
                        ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        ("moved_at", models.FloatField(default=0.1)),
                        ("drifted_at", models.FloatField(default=0.25)),
                        ("fewest_rows", models.PositiveIntegerField(default=200)),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                        (
                            "deployment",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="deployments.deployment",
                            ),
                        ),
                        (
                            "project",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="projects.project"
                            ),
                        ),
                        (
                            "tenant",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenancy.tenant"
                            ),
                        ),
                        ("fewest_days", models.PositiveSmallIntegerField(default=7)),
                    ],
                    options={
                        "abstract": False,
                    },
                ),
                migrations.CreateModel(
                    name="DrainedBatch",
                    fields=[
                        ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        ("stream", models.CharField(max_length=120)),
                        ("last_id", models.CharField(default="0-0", max_length=40)),
                        (
                            "tenant",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenancy.tenant"
                            ),
                        ),
                        ("set_aside", models.PositiveBigIntegerField(default=0)),
                        (
                            "set_aside_because",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("form", "not in the form that the gateway writes"),
                                    ("deep", "nested too deeply"),
                                    ("value", "a value that the log cannot hold"),
                                ],
                                max_length=8,
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(fields=("tenant", "stream"), name="drained_stream_once")
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="DriftWindow",
                    fields=[
                        ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        ("deployment_id", models.UUIDField()),
                        ("model_version_id", models.UUIDField()),
                        ("window", models.DateField()),
                        ("feature", models.CharField(blank=True, max_length=255)),
                        ("counts", models.JSONField(default=list)),
                        ("other", models.BigIntegerField(default=0)),
                        ("missing", models.BigIntegerField(default=0)),
                        ("rows", models.BigIntegerField(default=0)),
                        ("total", models.FloatField(default=0)),
                        ("updated_at", models.DateTimeField(auto_now=True)),
                        (
                            "tenant",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenancy.tenant"
                            ),
                        ),
                        ("days", models.BigIntegerField(default=0)),
                    ],
                    options={
                        "ordering": ["window", "feature"],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("tenant", "deployment_id", "model_version_id", "window", "feature"),
                                name="drift_window_once",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Alert",
                    fields=[
                        ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        ("model_version_id", models.UUIDField()),
                        ("window", models.DateField()),
                        ("feature", models.CharField(blank=True, max_length=255)),
                        (
                            "severity",
                            models.CharField(choices=[("warning", "Warning"), ("critical", "Critical")], max_length=10),
                        ),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("open", "Open"),
                                    ("acknowledged", "Acknowledged"),
                                    ("resolved", "Resolved"),
                                    ("subsided", "Subsided"),
                                ],
                                default="open",
                                max_length=14,
                            ),
                        ),
                        ("psi", models.FloatField()),
                        ("rows", models.BigIntegerField()),
                        ("figures", models.JSONField(default=dict)),
                        ("raised_at", models.DateTimeField(auto_now_add=True)),
                        ("acknowledged_at", models.DateTimeField(null=True)),
                        ("note", models.TextField(blank=True)),
                        (
                            "acknowledged_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "project",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="projects.project"
                            ),
                        ),
                        (
                            "tenant",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenancy.tenant"
                            ),
                        ),
                        (
                            "monitor",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="alerts",
                                to="monitoring.monitor",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-raised_at"],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("tenant", "monitor", "model_version_id", "window", "feature"),
                                name="one_alert_per_cause",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Replay",
                    fields=[
                        ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("playing", "Playing"),
                                    ("paused", "Paused"),
                                    ("ended", "Played to the end"),
                                    ("failed", "Failed"),
                                ],
                                default="playing",
                                max_length=8,
                            ),
                        ),
                        ("per_second", models.FloatField(default=20)),
                        ("stride", models.PositiveIntegerField(default=10)),
                        ("position", models.PositiveIntegerField(default=0)),
                        ("total", models.PositiveIntegerField(default=0)),
                        ("reached", models.DateTimeField(null=True)),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                        (
                            "created_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "deployment",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="deployments.deployment",
                            ),
                        ),
                        (
                            "project",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="projects.project"
                            ),
                        ),
                        (
                            "tenant",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenancy.tenant"
                            ),
                        ),
                        (
                            "training_set",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="features.trainingset"
                            ),
                        ),
                        ("failure", models.TextField(blank=True)),
                        ("left_out", models.PositiveIntegerField(default=0)),
                    ],
                    options={
                        "ordering": ["-created_at"],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("tenant", "deployment", "training_set"), name="one_replay_per_deployment"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("per_second__gt", 0), ("stride__gte", 1)), name="replay_moves"
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="TrafficMinute",
                    fields=[
                        ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        ("deployment_id", models.UUIDField()),
                        ("revision_id", models.UUIDField()),
                        ("minute", models.DateTimeField()),
                        ("requests", models.PositiveIntegerField(default=0)),
                        ("rows", models.PositiveIntegerField(default=0)),
                        ("errors", models.PositiveIntegerField(default=0)),
                        ("latencies", models.JSONField(default=list)),
                        ("positives", models.FloatField(default=0)),
                        (
                            "tenant",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenancy.tenant"
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("tenant", "deployment_id", "revision_id", "minute"), name="traffic_minute_once"
                            )
                        ],
                    },
                ),
            ],
        ),
    ]
