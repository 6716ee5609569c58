"""The steps up to 0002 as one, for a fresh database; one that has taken some of them takes the others one by one."""

import uuid

import django.db.models.deletion
from django.db import migrations, models

from foundation.tenancy.operations import CreateModels


class Migration(migrations.Migration):
    replaces = [("storage", "0001_initial"), ("storage", "0002_key_stores")]

    initial = True

    dependencies = [
        ("tenancy", "0001_squashed_0005_suspension_and_leaving"),
    ]

    operations = [
        CreateModels(
            operations=[
                migrations.CreateModel(
                    name="TenantKey",
                    fields=[
                        ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        ("number", models.PositiveIntegerField(default=1)),
                        ("wrapped", models.BinaryField()),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                        (
                            "tenant",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenancy.tenant"
                            ),
                        ),
                        ("brought", models.BooleanField(default=False)),
                        ("destroyed_at", models.DateTimeField(blank=True, null=True)),
                        ("exposed", models.BooleanField(default=False)),
                        ("mark", models.CharField(blank=True, default="", max_length=80)),
                        ("name", models.CharField(blank=True, default="", max_length=120)),
                        ("purpose", models.CharField(blank=True, default="", max_length=40)),
                        ("wrapped_at", models.DateTimeField(auto_now_add=True)),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("tenant", "purpose", "number"), name="storage_tenantkey_number"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="BroughtKey",
                    fields=[
                        ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        (
                            "source",
                            models.CharField(
                                choices=[("upload", "Uploaded"), ("vault", "A key in Vault")], max_length=16
                            ),
                        ),
                        ("store", models.CharField(max_length=80)),
                        ("name", models.CharField(max_length=120)),
                        ("brought_at", models.DateTimeField()),
                        ("withdrawn_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "tenant",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenancy.tenant"
                            ),
                        ),
                    ],
                    options={
                        "constraints": [models.UniqueConstraint(fields=("tenant",), name="storage_broughtkey_tenant")],
                    },
                ),
            ],
        ),
    ]
