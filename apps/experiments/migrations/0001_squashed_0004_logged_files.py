"""The steps up to 0004 as one, for a fresh database; one that has taken some of them takes the others one by one."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from foundation.tenancy.operations import CreateModels


class Migration(migrations.Migration):
    replaces = [
        ("experiments", "0001_initial"),
        ("experiments", "0002_curve_and_mlflow_index"),
        ("experiments", "0003_run_model_files"),
        ("experiments", "0004_logged_files"),
    ]

    initial = True

    dependencies = [
        ("features", "0001_squashed_0003_destroyed"),
        ("projects", "0001_initial"),
        ("tenancy", "0001_squashed_0005_suspension_and_leaving"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        CreateModels(
            operations=[
                migrations.CreateModel(
                    name="Experiment",
                    fields=[
                        ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        ("name", models.CharField(max_length=120)),
                        ("mlflow_id", models.CharField(blank=True, max_length=64)),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
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
                    ],
                    options={
                        "ordering": ["name"],
                        "constraints": [
                            models.UniqueConstraint(fields=("tenant", "project", "name"), name="experiment_name_once")
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Run",
                    fields=[
                        ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        ("number", models.PositiveIntegerField()),
                        ("recipe", models.CharField(max_length=63)),
                        ("params", models.JSONField(default=dict)),
                        ("seed", models.BigIntegerField(default=0)),
                        ("split", models.JSONField(default=dict)),
                        ("slices", models.JSONField(default=list)),
                        ("purpose", models.CharField(blank=True, max_length=200)),
                        ("resource_class", models.CharField(default="small", max_length=16)),
                        ("spec_digest", models.CharField(max_length=64)),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("queued", "Queued"),
                                    ("starting", "Starting"),
                                    ("running", "Running"),
                                    ("succeeded", "Succeeded"),
                                    ("failed", "Failed"),
                                    ("cancelled", "Cancelled"),
                                ],
                                default="queued",
                                max_length=12,
                            ),
                        ),
                        ("attempt", models.PositiveIntegerField(default=0)),
                        ("engine", models.CharField(blank=True, max_length=16)),
                        ("engine_name", models.CharField(blank=True, max_length=120)),
                        ("mlflow_run_id", models.CharField(blank=True, max_length=64)),
                        ("metrics", models.JSONField(default=dict)),
                        ("manifest", models.JSONField(default=dict)),
                        ("failure", models.TextField(blank=True)),
                        ("log_bytes", models.BigIntegerField(default=0)),
                        ("reproduced", models.BooleanField(null=True)),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                        ("started_at", models.DateTimeField(null=True)),
                        ("ended_at", models.DateTimeField(null=True)),
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
                            "experiment",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="runs",
                                to="experiments.experiment",
                            ),
                        ),
                        (
                            "project",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="projects.project"
                            ),
                        ),
                        (
                            "repeated_from",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="repeats",
                                to="experiments.run",
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
                        ("curve", models.JSONField(default=list)),
                        ("model_files", models.JSONField(default=dict)),
                    ],
                    options={
                        "ordering": ["-created_at"],
                        "indexes": [
                            models.Index(fields=["tenant", "project", "-created_at"], name="run_by_project"),
                            models.Index(fields=["tenant", "mlflow_run_id"], name="run_by_mlflow_id"),
                        ],
                        "constraints": [
                            models.UniqueConstraint(fields=("tenant", "project", "number"), name="run_number_once")
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="LoggedFile",
                    fields=[
                        ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        ("project_id", models.UUIDField()),
                        ("path", models.TextField()),
                        ("path_digest", models.CharField(max_length=64)),
                        ("person_id", models.UUIDField(null=True)),
                        ("byte_count", models.BigIntegerField()),
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
                                fields=("tenant", "project_id", "path_digest"), name="logged_file_once"
                            )
                        ],
                    },
                ),
            ],
        ),
    ]
