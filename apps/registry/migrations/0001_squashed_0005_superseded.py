"""The steps up to 0005 as one, for a fresh database; one that has taken some of them takes the others one by one."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from foundation.tenancy.operations import CreateModels


class Migration(migrations.Migration):
    replaces = [
        ("registry", "0001_initial"),
        ("registry", "0002_evaluation"),
        ("registry", "0003_cancelled"),
        ("registry", "0004_words_of_a_gate"),
        ("registry", "0005_superseded"),
    ]

    initial = True

    dependencies = [
        ("experiments", "0001_squashed_0004_logged_files"),
        ("projects", "0001_initial"),
        ("tenancy", "0001_squashed_0005_suspension_and_leaving"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        CreateModels(
            operations=[
                migrations.CreateModel(
                    name="Model",
                    fields=[
                        ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        ("name", models.SlugField(max_length=63)),
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
                            models.UniqueConstraint(fields=("tenant", "project", "name"), name="model_name_once")
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="SigningKey",
                    fields=[
                        ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        ("key_id", models.CharField(max_length=64)),
                        ("public_pem", models.TextField()),
                        ("sealed_private", models.BinaryField()),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                        ("retired_at", models.DateTimeField(null=True)),
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
                            models.UniqueConstraint(
                                condition=models.Q(("retired_at", None)),
                                fields=("tenant",),
                                name="one_signing_key_at_a_time",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ModelVersion",
                    fields=[
                        ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        ("number", models.PositiveIntegerField()),
                        (
                            "stage",
                            models.CharField(
                                choices=[
                                    ("registering", "Registering"),
                                    ("failed", "Failed"),
                                    ("cancelled", "Cancelled"),
                                    ("candidate", "Candidate"),
                                    ("production", "Production"),
                                    ("retired", "Retired"),
                                ],
                                default="registering",
                                max_length=12,
                            ),
                        ),
                        ("failure", models.TextField(blank=True)),
                        ("artifact_digest", models.CharField(blank=True, max_length=64)),
                        ("artifact_bytes", models.BigIntegerField(null=True)),
                        ("signature", models.BinaryField(null=True)),
                        ("input_schema", models.JSONField(default=dict)),
                        ("reference", models.JSONField(default=dict)),
                        ("metrics", models.JSONField(default=dict)),
                        ("card", models.TextField(blank=True)),
                        ("card_number", models.PositiveIntegerField(default=0)),
                        (
                            "onnx_state",
                            models.CharField(
                                choices=[
                                    ("verified", "Checked equal"),
                                    ("differs", "Differs from the original"),
                                    ("absent", "None"),
                                ],
                                default="absent",
                                max_length=10,
                            ),
                        ),
                        ("onnx_report", models.JSONField(default=dict)),
                        ("promoted_at", models.DateTimeField(null=True)),
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
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="versions",
                                to="registry.model",
                            ),
                        ),
                        (
                            "project",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="projects.project"
                            ),
                        ),
                        (
                            "run",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="experiments.run"
                            ),
                        ),
                        (
                            "tenant",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenancy.tenant"
                            ),
                        ),
                        (
                            "signing_key",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="registry.signingkey",
                            ),
                        ),
                        ("evaluation", models.JSONField(default=dict)),
                        ("superseded_at", models.DateTimeField(null=True)),
                    ],
                    options={
                        "ordering": ["-number"],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("tenant", "model", "number"), name="model_version_number_once"
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(("stage", "production")),
                                fields=("tenant", "model"),
                                name="one_model_version_in_production",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="GateResult",
                    fields=[
                        ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        (
                            "gate",
                            models.CharField(
                                choices=[
                                    ("signature", "Signature"),
                                    ("leakage", "No leakage"),
                                    ("data", "Committed data"),
                                    ("manifest", "Reproducible"),
                                    ("onnx", "Serving copy equal"),
                                    ("metric", "Not worse than production"),
                                ],
                                max_length=16,
                            ),
                        ),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("passed", "Passed"),
                                    ("failed", "Failed"),
                                    ("warned", "Passed with a remark"),
                                ],
                                max_length=8,
                            ),
                        ),
                        ("sentence", models.TextField()),
                        ("figures", models.JSONField(default=dict)),
                        ("decided_at", models.DateTimeField(auto_now=True)),
                        (
                            "tenant",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenancy.tenant"
                            ),
                        ),
                        (
                            "version",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="gates",
                                to="registry.modelversion",
                            ),
                        ),
                        ("words", models.JSONField(default=dict)),
                    ],
                    options={
                        "ordering": ["gate"],
                        "constraints": [
                            models.UniqueConstraint(fields=("tenant", "version", "gate"), name="one_result_per_gate")
                        ],
                    },
                ),
            ],
        ),
    ]
