"""The steps up to 0004 as one, for a fresh database; one that has taken some of them takes the others one by one."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    replaces = [
        ("compliance", "0001_initial"),
        ("compliance", "0002_cancelled"),
        ("compliance", "0003_checked"),
        ("compliance", "0004_translated_points"),
    ]

    initial = True

    dependencies = [
        ("projects", "0001_initial"),
        ("registry", "0001_squashed_0005_superseded"),
        ("tenancy", "0001_squashed_0005_suspension_and_leaving"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Report",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("making", "Being made"),
                            ("ready", "Ready"),
                            ("failed", "Failed"),
                            ("cancelled", "Cancelled"),
                        ],
                        default="making",
                        max_length=12,
                    ),
                ),
                ("failure", models.TextField(blank=True)),
                ("language", models.CharField(default="en", max_length=5)),
                ("html_key", models.CharField(blank=True, max_length=200)),
                ("pdf_key", models.CharField(blank=True, max_length=200)),
                ("digest", models.CharField(blank=True, max_length=64)),
                ("html_digest", models.CharField(blank=True, max_length=64)),
                ("ledger_entries", models.BigIntegerField(null=True)),
                ("ledger_hash", models.CharField(blank=True, max_length=64)),
                ("ledger_fault", models.TextField(blank=True)),
                ("proven", models.PositiveIntegerField(default=0)),
                ("unproven", models.PositiveIntegerField(default=0)),
                ("missing", models.PositiveIntegerField(default=0)),
                ("open_points", models.JSONField(default=list)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("made_at", models.DateTimeField(null=True)),
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
                    "model_version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="registry.modelversion"
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
                ("checked", models.PositiveIntegerField(default=0)),
                ("translated_points", models.JSONField(default=dict)),
            ],
            options={
                "ordering": ["-created_at", "-id"],
                "indexes": [models.Index(fields=["tenant", "model_version", "-created_at"], name="report_of_version")],
            },
        ),
    ]
