"""The steps up to 0005 as one, for a fresh database; one that has taken some of them takes the others one by one."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from foundation.tenancy.operations import CreateModels


class Migration(migrations.Migration):
    replaces = [
        ("datasets", "0001_initial"),
        ("datasets", "0002_cancelled"),
        ("datasets", "0003_destroyed"),
        ("datasets", "0004_erasure"),
        ("datasets", "0005_erased_things"),
    ]

    initial = True

    dependencies = [
        ("projects", "0001_initial"),
        ("tenancy", "0001_squashed_0005_suspension_and_leaving"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        CreateModels(
            operations=[
                migrations.CreateModel(
                    name="Dataset",
                    fields=[
                        ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        ("name", models.CharField(max_length=120)),
                        ("slug", models.SlugField(max_length=120)),
                        ("description", models.TextField(blank=True)),
                        ("freshness_promise", models.DurationField(blank=True, null=True)),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                        (
                            "owner",
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
                    ],
                    options={
                        "ordering": ["name"],
                        "constraints": [
                            models.UniqueConstraint(fields=("tenant", "project", "slug"), name="dataset_slug_once")
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="DatasetVersion",
                    fields=[
                        ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        ("number", models.PositiveIntegerField(null=True)),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("ingesting", "Ingesting"),
                                    ("review", "In review"),
                                    ("ready", "Ready"),
                                    ("failed", "Failed"),
                                    ("cancelled", "Cancelled"),
                                    ("discarded", "Discarded"),
                                    ("destroying", "Being destroyed"),
                                    ("destroyed", "Destroyed"),
                                ],
                                default="ingesting",
                                max_length=12,
                            ),
                        ),
                        ("lake_table", models.CharField(blank=True, max_length=80)),
                        ("lake_snapshot", models.BigIntegerField(null=True)),
                        ("schema", models.JSONField(default=list)),
                        ("row_count", models.BigIntegerField(null=True)),
                        ("byte_count", models.BigIntegerField(null=True)),
                        ("digest", models.CharField(blank=True, max_length=64)),
                        ("first_profile", models.JSONField(db_column="profile", default=dict)),
                        ("source", models.JSONField(default=dict)),
                        ("review", models.BooleanField(default=True)),
                        ("failure", models.TextField(blank=True)),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                        ("committed_at", models.DateTimeField(null=True)),
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
                            "dataset",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="versions",
                                to="datasets.dataset",
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
                        (
                            "destroyed_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-created_at"],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("tenant", "dataset", "number"), name="dataset_version_number_once"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Upload",
                    fields=[
                        ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        ("filename", models.CharField(max_length=255)),
                        ("size", models.BigIntegerField()),
                        ("offset", models.BigIntegerField(default=0)),
                        ("chunks", models.JSONField(default=list)),
                        ("expected_sha256", models.CharField(blank=True, max_length=64)),
                        ("sha256", models.CharField(blank=True, max_length=64)),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                        ("completed_at", models.DateTimeField(null=True)),
                        ("used_at", models.DateTimeField(null=True)),
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
                    ],
                    options={
                        "ordering": ["-created_at"],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("offset__lte", models.F("size"))), name="upload_within_size"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Erasure",
                    fields=[
                        ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        ("column", models.CharField(max_length=255)),
                        ("sealed", models.BinaryField()),
                        ("subject_digest", models.CharField(max_length=64)),
                        (
                            "state",
                            models.CharField(
                                choices=[("erasing", "Being erased"), ("erased", "Erased"), ("failed", "Failed")],
                                default="erasing",
                                max_length=12,
                            ),
                        ),
                        ("version_count", models.PositiveIntegerField(default=0)),
                        ("row_count", models.BigIntegerField(default=0)),
                        ("failure", models.TextField(blank=True)),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
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
                            "dataset",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="datasets.dataset",
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
                        ("summary_digest", models.CharField(blank=True, max_length=64)),
                    ],
                    options={
                        "ordering": ["-created_at"],
                    },
                ),
                migrations.CreateModel(
                    name="ErasedThing",
                    fields=[
                        ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        (
                            "kind",
                            models.CharField(
                                choices=[
                                    ("dataset_version", "Dataset version"),
                                    ("feature_view", "Feature view"),
                                    ("training_set", "Training set"),
                                    ("inference_log", "Inference log"),
                                    ("set_aside", "Requests set aside"),
                                    ("broker", "Files of the message broker"),
                                    ("archive", "Archives of the organisation"),
                                    ("run", "Run"),
                                    ("model_version", "Model version"),
                                ],
                                max_length=20,
                            ),
                        ),
                        ("thing_id", models.UUIDField()),
                        ("name", models.CharField(max_length=300)),
                        ("digest", models.CharField(blank=True, max_length=64)),
                        ("row_count", models.BigIntegerField(null=True)),
                        ("successor_id", models.UUIDField(null=True)),
                        ("note", models.TextField(blank=True)),
                        ("erased_at", models.DateTimeField(null=True)),
                        (
                            "erasure",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="things",
                                to="datasets.erasure",
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
                        "ordering": ["kind", "name"],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("tenant", "erasure", "kind", "thing_id"), name="erased_thing_once"
                            )
                        ],
                    },
                ),
            ],
        ),
    ]
