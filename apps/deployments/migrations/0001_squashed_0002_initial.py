"""The steps up to 0002 as one, for a fresh database; one that has taken some of them takes the others one by one."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from foundation.tenancy.operations import CreateModels


class Migration(migrations.Migration):
    replaces = [("deployments", "0001_initial"), ("deployments", "0002_initial")]

    initial = True

    dependencies = [
        ("projects", "0001_initial"),
        ("registry", "0001_squashed_0005_superseded"),
        ("tenancy", "0001_squashed_0005_suspension_and_leaving"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        CreateModels(
            operations=[
                migrations.CreateModel(
                    name="RouteTable",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("number", models.BigIntegerField(default=0)),
                    ],
                ),
                migrations.CreateModel(
                    name="Deployment",
                    fields=[
                        ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        ("slug", models.SlugField(max_length=63)),
                        ("name", models.CharField(max_length=120)),
                        ("max_body_bytes", models.PositiveIntegerField(default=8388608)),
                        ("log_requests", models.BooleanField(default=True)),
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
                            "model",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="registry.model"
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
                            models.UniqueConstraint(fields=("tenant", "slug"), name="deployment_slug_once")
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Revision",
                    fields=[
                        ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        ("number", models.PositiveIntegerField()),
                        ("artifact_digest", models.CharField(max_length=64)),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("starting", "Starting"),
                                    ("ready", "Ready"),
                                    ("failed", "Failed"),
                                    ("stopped", "Stopped"),
                                ],
                                default="starting",
                                max_length=10,
                            ),
                        ),
                        ("traffic_percent", models.PositiveSmallIntegerField(default=0)),
                        ("attempt", models.PositiveIntegerField(default=0)),
                        ("restarts", models.PositiveIntegerField(default=0)),
                        ("engine", models.CharField(blank=True, max_length=16)),
                        ("engine_name", models.CharField(blank=True, max_length=120)),
                        ("address", models.CharField(blank=True, max_length=255)),
                        ("resource_class", models.CharField(default="small", max_length=16)),
                        ("failure", models.TextField(blank=True)),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                        ("ready_at", models.DateTimeField(null=True)),
                        ("served_at", models.DateTimeField(null=True)),
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
                                related_name="revisions",
                                to="deployments.deployment",
                            ),
                        ),
                        (
                            "model_version",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="registry.modelversion",
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
                        "ordering": ["-number"],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("tenant", "deployment", "number"), name="revision_number_once"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("traffic_percent__lte", 100)), name="revision_percent"
                            ),
                        ],
                    },
                ),
            ],
        ),
    ]
