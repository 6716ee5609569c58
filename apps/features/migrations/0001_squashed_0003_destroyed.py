"""The steps up to 0003 as one, for a fresh database; one that has taken some of them takes the others one by one."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from foundation.tenancy.operations import CreateModels


class Migration(migrations.Migration):
    replaces = [("features", "0001_initial"), ("features", "0002_cancelled"), ("features", "0003_destroyed")]

    initial = True

    dependencies = [
        ("datasets", "0001_squashed_0005_erased_things"),
        ("projects", "0001_initial"),
        ("tenancy", "0001_squashed_0005_suspension_and_leaving"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        CreateModels(
            operations=[
                migrations.CreateModel(
                    name="Entity",
                    fields=[
                        ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        ("name", models.SlugField(max_length=63)),
                        ("join_keys", models.JSONField(default=list)),
                        ("description", models.TextField(blank=True)),
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
                            models.UniqueConstraint(fields=("tenant", "project", "name"), name="entity_name_once")
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="FeatureView",
                    fields=[
                        ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        ("name", models.SlugField(max_length=63)),
                        ("number", models.PositiveIntegerField()),
                        ("description", models.TextField(blank=True)),
                        ("sql", models.TextField()),
                        ("inputs", models.JSONField(default=dict)),
                        ("event_time", models.CharField(max_length=255)),
                        ("created_column", models.CharField(blank=True, max_length=255)),
                        ("ttl_seconds", models.BigIntegerField(blank=True, null=True)),
                        ("features", models.JSONField(default=list)),
                        ("definition_digest", models.CharField(max_length=64)),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("building", "Building"),
                                    ("ready", "Ready"),
                                    ("failed", "Failed"),
                                    ("cancelled", "Cancelled"),
                                    ("destroying", "Being destroyed"),
                                    ("destroyed", "Destroyed"),
                                ],
                                default="building",
                                max_length=12,
                            ),
                        ),
                        ("failure", models.TextField(blank=True)),
                        ("lake_table", models.CharField(blank=True, max_length=80)),
                        ("lake_snapshot", models.BigIntegerField(null=True)),
                        ("row_count", models.BigIntegerField(null=True)),
                        ("digest", models.CharField(blank=True, max_length=64)),
                        ("first_profile", models.JSONField(db_column="profile", default=dict)),
                        ("online_keys", models.BigIntegerField(null=True)),
                        ("online_at", models.DateTimeField(null=True)),
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
                            "entity",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="views", to="features.entity"
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
                        ("destroyed_at", models.DateTimeField(null=True)),
                    ],
                    options={
                        "ordering": ["name", "-number"],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("tenant", "project", "name", "number"), name="feature_view_version_once"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="TrainingSet",
                    fields=[
                        ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        ("name", models.SlugField(max_length=63)),
                        ("number", models.PositiveIntegerField()),
                        ("description", models.TextField(blank=True)),
                        ("label", models.CharField(max_length=255)),
                        ("event_time", models.CharField(blank=True, max_length=255)),
                        ("group", models.CharField(blank=True, max_length=255)),
                        ("window_start", models.DateTimeField(blank=True, null=True)),
                        ("window_end", models.DateTimeField(blank=True, null=True)),
                        ("base_features", models.JSONField(default=list)),
                        ("views", models.JSONField(default=list)),
                        ("columns", models.JSONField(default=list)),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("building", "Building"),
                                    ("ready", "Ready"),
                                    ("failed", "Failed"),
                                    ("cancelled", "Cancelled"),
                                    ("destroying", "Being destroyed"),
                                    ("destroyed", "Destroyed"),
                                ],
                                default="building",
                                max_length=12,
                            ),
                        ),
                        ("failure", models.TextField(blank=True)),
                        ("lake_table", models.CharField(blank=True, max_length=80)),
                        ("lake_snapshot", models.BigIntegerField(null=True)),
                        ("row_count", models.BigIntegerField(null=True)),
                        ("digest", models.CharField(blank=True, max_length=64)),
                        ("leakage_proof", models.JSONField(default=dict)),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                        (
                            "base_version",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="datasets.datasetversion",
                            ),
                        ),
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
                        ("destroyed_at", models.DateTimeField(null=True)),
                    ],
                    options={
                        "ordering": ["-created_at"],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("tenant", "project", "name", "number"), name="training_set_version_once"
                            )
                        ],
                    },
                ),
            ],
        ),
    ]
