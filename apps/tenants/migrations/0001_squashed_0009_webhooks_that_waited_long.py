"""The steps up to 0009 as one, for a fresh database; one that has taken some of them takes the others one by one."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from foundation.tenancy.operations import CreateModels


class Migration(migrations.Migration):
    replaces = [
        ("tenants", "0001_initial"),
        ("tenants", "0002_sign_in_method"),
        ("tenants", "0003_usage"),
        ("tenants", "0004_webhooks"),
        ("tenants", "0005_leaving"),
        ("tenants", "0006_role_of_invitation"),
        ("tenants", "0007_stray_refusals"),
        ("tenants", "0008_class_of_holding"),
        ("tenants", "0009_webhooks_that_waited_long"),
    ]

    initial = True

    dependencies = [
        ("identity", "0001_squashed_0012_revocations_numbered_after_commit"),
        ("tenancy", "0001_squashed_0005_suspension_and_leaving"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        CreateModels(
            operations=[
                migrations.CreateModel(
                    name="SignIn",
                    fields=[
                        ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        ("session_key", models.CharField(max_length=40, unique=True)),
                        ("at", models.DateTimeField()),
                        ("address", models.GenericIPAddressField(blank=True, null=True)),
                        ("agent", models.CharField(blank=True, max_length=300)),
                        (
                            "user",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "method",
                            models.CharField(
                                choices=[("password", "Password"), ("passkey", "Passkey"), ("sso", "Single sign-on")],
                                default="password",
                                max_length=16,
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-at"],
                    },
                ),
                migrations.CreateModel(
                    name="SignInAttempt",
                    fields=[
                        ("id", models.BigAutoField(primary_key=True, serialize=False)),
                        ("email_digest", models.CharField(max_length=64)),
                        ("address_digest", models.CharField(max_length=64)),
                        ("at", models.DateTimeField()),
                    ],
                    options={
                        "indexes": [
                            models.Index(fields=["email_digest", "at"], name="attempt_by_email"),
                            models.Index(fields=["address_digest", "at"], name="attempt_by_address"),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Invitation",
                    fields=[
                        ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        ("email", models.EmailField(max_length=254)),
                        (
                            "role",
                            models.CharField(
                                choices=[
                                    ("admin", "Administrator"),
                                    ("scientist", "Data scientist"),
                                    ("officer", "Compliance officer"),
                                    ("auditor", "Auditor"),
                                    ("viewer", "Viewer"),
                                    ("member", "Member of chosen projects"),
                                ],
                                max_length=16,
                            ),
                        ),
                        ("digest", models.CharField(max_length=64, unique=True)),
                        ("created_at", models.DateTimeField()),
                        ("expires_at", models.DateTimeField()),
                        ("accepted_at", models.DateTimeField(blank=True, null=True)),
                        ("withdrawn_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "invited_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
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
                            models.UniqueConstraint(
                                condition=models.Q(("accepted_at", None), ("withdrawn_at", None)),
                                fields=("tenant", "email"),
                                name="invitation_open_once",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Budget",
                    fields=[
                        ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        ("project_id", models.UUIDField(null=True)),
                        ("soft_limit", models.DecimalField(decimal_places=2, max_digits=14, null=True)),
                        ("hard_limit", models.DecimalField(decimal_places=2, max_digits=14, null=True)),
                        ("changed_at", models.DateTimeField(auto_now=True)),
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
                                fields=("tenant", "project_id"), name="budget_once", nulls_distinct=False
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("soft_limit__isnull", False), ("hard_limit__isnull", False), _connector="OR"
                                ),
                                name="budget_has_a_limit",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="BudgetNotice",
                    fields=[
                        ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        ("month", models.DateField()),
                        ("percent", models.PositiveSmallIntegerField()),
                        ("spent", models.DecimalField(decimal_places=2, max_digits=18)),
                        ("noted_at", models.DateTimeField(auto_now_add=True)),
                        (
                            "budget",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE, related_name="notices", to="tenants.budget"
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
                        "ordering": ["-noted_at", "-percent"],
                        "constraints": [
                            models.UniqueConstraint(fields=("tenant", "budget", "month", "percent"), name="notice_once")
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Holding",
                    fields=[
                        ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        ("project_id", models.UUIDField()),
                        ("subject_kind", models.CharField(max_length=16)),
                        ("subject_id", models.UUIDField()),
                        ("cpus", models.DecimalField(decimal_places=2, max_digits=8)),
                        ("memory_mb", models.PositiveBigIntegerField()),
                        ("gpus", models.PositiveIntegerField()),
                        ("since", models.DateTimeField(auto_now_add=True)),
                        (
                            "tenant",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenancy.tenant"
                            ),
                        ),
                        ("resource_class", models.CharField(default="", max_length=32)),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("tenant", "subject_kind", "subject_id"), name="holding_once"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Price",
                    fields=[
                        ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        ("item", models.CharField(max_length=32)),
                        ("amount", models.DecimalField(decimal_places=8, max_digits=18)),
                        ("valid_from", models.DateTimeField()),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                        (
                            "set_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
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
                        "ordering": ["item", "-valid_from"],
                        "constraints": [
                            models.UniqueConstraint(fields=("tenant", "item", "valid_from"), name="price_once_an_hour"),
                            models.CheckConstraint(condition=models.Q(("amount__gte", 0)), name="price_not_below_zero"),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Quota",
                    fields=[
                        ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        ("project_id", models.UUIDField(null=True)),
                        ("cpus", models.DecimalField(decimal_places=2, max_digits=8, null=True)),
                        ("memory_mb", models.PositiveBigIntegerField(null=True)),
                        ("gpus", models.PositiveIntegerField(null=True)),
                        ("concurrent_runs", models.PositiveIntegerField(null=True)),
                        ("storage_bytes", models.PositiveBigIntegerField(null=True)),
                        ("requests_per_second", models.PositiveIntegerField(null=True)),
                        ("changed_at", models.DateTimeField(auto_now=True)),
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
                                fields=("tenant", "project_id"), name="quota_once", nulls_distinct=False
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="UsageHour",
                    fields=[
                        ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        ("hour", models.DateTimeField()),
                        ("project_id", models.UUIDField()),
                        ("person_id", models.UUIDField(null=True)),
                        (
                            "thing_kind",
                            models.CharField(
                                choices=[
                                    ("run", "Run"),
                                    ("deployment", "Deployment"),
                                    ("dataset", "Dataset"),
                                    ("model", "Model"),
                                    ("files", "Files that MLflow's client logged"),
                                ],
                                max_length=16,
                            ),
                        ),
                        ("thing_id", models.UUIDField()),
                        ("model_id", models.UUIDField(null=True)),
                        ("resource_class", models.CharField(blank=True, max_length=16)),
                        (
                            "kind",
                            models.CharField(
                                choices=[
                                    ("compute_seconds", "Compute, seconds of the class"),
                                    ("cpu_seconds", "CPU seconds"),
                                    ("memory_mb_seconds", "Memory, MB seconds"),
                                    ("gpu_seconds", "GPU seconds"),
                                    ("storage_byte_hours", "Storage, byte hours"),
                                    ("requests", "Answered requests"),
                                ],
                                max_length=20,
                            ),
                        ),
                        ("amount", models.DecimalField(decimal_places=6, max_digits=30)),
                        ("price", models.DecimalField(decimal_places=8, max_digits=18)),
                        (
                            "tenant",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenancy.tenant"
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-hour", "id"],
                        "indexes": [
                            models.Index(fields=["tenant", "thing_kind", "thing_id"], name="usage_hour_of_thing")
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=(
                                    "tenant",
                                    "hour",
                                    "project_id",
                                    "person_id",
                                    "thing_kind",
                                    "thing_id",
                                    "resource_class",
                                    "kind",
                                ),
                                name="usage_hour_once",
                                nulls_distinct=False,
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="UsageSpan",
                    fields=[
                        ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        ("project_id", models.UUIDField()),
                        ("person_id", models.UUIDField(null=True)),
                        (
                            "thing_kind",
                            models.CharField(
                                choices=[
                                    ("run", "Run"),
                                    ("deployment", "Deployment"),
                                    ("dataset", "Dataset"),
                                    ("model", "Model"),
                                    ("files", "Files that MLflow's client logged"),
                                ],
                                max_length=16,
                            ),
                        ),
                        ("thing_id", models.UUIDField()),
                        ("model_id", models.UUIDField(null=True)),
                        ("subject_id", models.UUIDField()),
                        ("attempt", models.PositiveIntegerField(default=0)),
                        ("resource_class", models.CharField(blank=True, max_length=16)),
                        ("byte_count", models.BigIntegerField(default=0)),
                        ("started_at", models.DateTimeField()),
                        ("metered_until", models.DateTimeField()),
                        ("ended_at", models.DateTimeField(null=True)),
                        (
                            "tenant",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenancy.tenant"
                            ),
                        ),
                    ],
                    options={
                        "indexes": [
                            models.Index(
                                condition=models.Q(("ended_at__isnull", True)),
                                fields=["tenant", "metered_until"],
                                name="usage_span_open",
                            )
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("tenant", "thing_kind", "subject_id", "attempt"), name="usage_span_once"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Webhook",
                    fields=[
                        ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        ("url", models.CharField(max_length=2000)),
                        ("description", models.CharField(blank=True, max_length=200)),
                        ("kinds", models.JSONField(default=list)),
                        ("project_id", models.UUIDField(blank=True, null=True)),
                        (
                            "state",
                            models.CharField(
                                choices=[("enabled", "Enabled"), ("paused", "Paused"), ("disabled", "Disabled")],
                                default="enabled",
                                max_length=10,
                            ),
                        ),
                        (
                            "trouble",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("gone", "the receiver answered that it is gone for good (410)"),
                                    ("failing", "every attempt failed for a day and longer"),
                                ],
                                max_length=10,
                            ),
                        ),
                        ("sealed_secret", models.BinaryField()),
                        ("after_seq", models.BigIntegerField(default=0)),
                        ("sealed_previous", models.BinaryField(blank=True, null=True)),
                        ("previous_until", models.DateTimeField(blank=True, null=True)),
                        ("failures", models.PositiveIntegerField(default=0)),
                        ("failing_since", models.DateTimeField(blank=True, null=True)),
                        ("created_at", models.DateTimeField()),
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
                            "tenant",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenancy.tenant"
                            ),
                        ),
                        ("enabled_at", models.DateTimeField(blank=True, null=True)),
                    ],
                    options={
                        "ordering": ["-created_at"],
                    },
                ),
                migrations.CreateModel(
                    name="WebhookDelivery",
                    fields=[
                        ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        ("event_id", models.UUIDField()),
                        ("seq", models.BigIntegerField()),
                        ("kind", models.CharField(max_length=80)),
                        ("subject_kind", models.CharField(max_length=40)),
                        ("subject_id", models.UUIDField()),
                        ("payload", models.TextField()),
                        (
                            "state",
                            models.CharField(
                                choices=[("waiting", "To be sent"), ("delivered", "Delivered"), ("failed", "Failed")],
                                default="waiting",
                                max_length=10,
                            ),
                        ),
                        ("tries", models.PositiveIntegerField(default=0)),
                        ("next_attempt_at", models.DateTimeField()),
                        ("created_at", models.DateTimeField()),
                        ("delivered_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "tenant",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenancy.tenant"
                            ),
                        ),
                        (
                            "webhook",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="deliveries",
                                to="tenants.webhook",
                            ),
                        ),
                        ("paced_at", models.DateTimeField(blank=True, null=True)),
                    ],
                    options={
                        "ordering": ["-created_at", "-seq"],
                        "indexes": [
                            models.Index(fields=["webhook", "-created_at"], name="delivery_newest"),
                            models.Index(
                                condition=models.Q(("state", "waiting")),
                                fields=["webhook", "next_attempt_at"],
                                name="delivery_due",
                            ),
                            models.Index(
                                condition=models.Q(("state", "waiting")),
                                fields=["webhook", "subject_id", "seq"],
                                name="delivery_in_order",
                            ),
                            models.Index(
                                condition=models.Q(("state", "waiting")),
                                fields=["webhook", "seq", "created_at"],
                                name="delivery_next",
                            ),
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("tenant", "webhook", "event_id"), name="delivery_once_per_event"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="WebhookAttempt",
                    fields=[
                        ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        ("at", models.DateTimeField()),
                        ("seconds", models.FloatField()),
                        ("status", models.PositiveSmallIntegerField(blank=True, null=True)),
                        ("request_headers", models.JSONField(default=dict)),
                        ("answer", models.TextField(blank=True)),
                        ("truncated", models.BooleanField(default=False)),
                        ("problem", models.TextField(blank=True)),
                        (
                            "tenant",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenancy.tenant"
                            ),
                        ),
                        (
                            "delivery",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="attempts",
                                to="tenants.webhookdelivery",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-at"],
                    },
                ),
                migrations.CreateModel(
                    name="Leaving",
                    fields=[
                        ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        ("asked_at", models.DateTimeField()),
                        ("cut_at", models.DateTimeField(null=True)),
                        (
                            "asked_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
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
                        "constraints": [models.UniqueConstraint(fields=("tenant",), name="leaving_once")],
                    },
                ),
                migrations.CreateModel(
                    name="TenantExport",
                    fields=[
                        ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        ("asked_at", models.DateTimeField()),
                        (
                            "state",
                            models.CharField(
                                choices=[("making", "Being made"), ("ready", "Ready"), ("failed", "Failed")],
                                default="making",
                                max_length=8,
                            ),
                        ),
                        ("failure", models.TextField(blank=True)),
                        ("byte_count", models.BigIntegerField(null=True)),
                        ("sha256", models.CharField(blank=True, max_length=64)),
                        ("made_at", models.DateTimeField(null=True)),
                        ("expires_at", models.DateTimeField(null=True)),
                        (
                            "asked_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
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
                        "ordering": ["-asked_at"],
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("state", "making")), fields=("tenant",), name="export_one_at_a_time"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="StrayRefusals",
                    fields=[
                        ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        ("told_at", models.DateTimeField(blank=True, null=True)),
                        ("untold", models.PositiveIntegerField(default=0)),
                        ("reason", models.CharField(blank=True, max_length=40)),
                        (
                            "provider",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to="identity.identityprovider",
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
                        "abstract": False,
                    },
                ),
            ],
        ),
    ]
