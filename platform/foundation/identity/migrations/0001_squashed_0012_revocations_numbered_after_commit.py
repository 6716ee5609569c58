"""The steps up to 0012 as one, for a fresh database; one that has taken some of them takes the others one by one."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from foundation.tenancy.operations import CreateModels


class Migration(migrations.Migration):
    replaces = [
        ("identity", "0001_initial"),
        ("identity", "0002_calendar"),
        ("identity", "0003_revocation_expiry"),
        ("identity", "0004_token_on_behalf"),
        ("identity", "0005_token_networks"),
        ("identity", "0006_identity_providers"),
        ("identity", "0007_second_factor"),
        ("identity", "0008_provided_sessions"),
        ("identity", "0009_provider_sid"),
        ("identity", "0010_service_calls"),
        ("identity", "0011_external_id_by_provider"),
        ("identity", "0012_revocations_numbered_after_commit"),
    ]

    initial = True

    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("tenancy", "0001_squashed_0005_suspension_and_leaving"),
    ]

    operations = [
        CreateModels(
            operations=[
                migrations.CreateModel(
                    name="RevokedToken",
                    fields=[
                        ("number", models.BigAutoField(primary_key=True, serialize=False)),
                        ("digest", models.CharField(db_index=True, max_length=64)),
                        ("at", models.DateTimeField()),
                        ("expires_at", models.DateTimeField(null=True)),
                    ],
                ),
                migrations.CreateModel(
                    name="User",
                    fields=[
                        ("password", models.CharField(max_length=128, verbose_name="password")),
                        ("last_login", models.DateTimeField(blank=True, null=True, verbose_name="last login")),
                        (
                            "is_superuser",
                            models.BooleanField(
                                default=False,
                                help_text="Designates that this user has all permissions without explicitly assigning them.",
                                verbose_name="superuser status",
                            ),
                        ),
                        ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        ("email", models.EmailField(max_length=254, unique=True)),
                        ("name", models.CharField(max_length=200)),
                        (
                            "language",
                            models.CharField(
                                choices=[("en", "English"), ("ar", "العربية")], default="en", max_length=5
                            ),
                        ),
                        (
                            "theme",
                            models.CharField(
                                choices=[("light", "Light"), ("dark", "Dark"), ("system", "As the device")],
                                default="system",
                                max_length=6,
                            ),
                        ),
                        ("time_zone", models.CharField(default="Asia/Dubai", max_length=63)),
                        ("is_active", models.BooleanField(default=True)),
                        ("is_operator", models.BooleanField(default=False)),
                        ("joined_at", models.DateTimeField(auto_now_add=True)),
                        (
                            "groups",
                            models.ManyToManyField(
                                blank=True,
                                help_text="The groups this user belongs to. A user will get all permissions granted to each of their groups.",
                                related_name="user_set",
                                related_query_name="user",
                                to="auth.group",
                                verbose_name="groups",
                            ),
                        ),
                        (
                            "user_permissions",
                            models.ManyToManyField(
                                blank=True,
                                help_text="Specific permissions for this user.",
                                related_name="user_set",
                                related_query_name="user",
                                to="auth.permission",
                                verbose_name="user permissions",
                            ),
                        ),
                        (
                            "calendar",
                            models.CharField(
                                choices=[("gregorian", "Gregorian"), ("hijri", "Hijri (Umm al-Qura)")],
                                default="gregorian",
                                max_length=9,
                            ),
                        ),
                        ("second_factor_at", models.DateTimeField(blank=True, null=True)),
                    ],
                    options={
                        "abstract": False,
                    },
                ),
                migrations.CreateModel(
                    name="ServiceAccount",
                    fields=[
                        ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        ("name", models.CharField(max_length=120)),
                        ("role", models.CharField(max_length=16)),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                        ("disabled_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "tenant",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenancy.tenant"
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(fields=("tenant", "name"), name="service_account_name")
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ApiToken",
                    fields=[
                        ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        ("name", models.CharField(max_length=120)),
                        ("digest", models.CharField(max_length=64, unique=True)),
                        ("hint", models.CharField(max_length=16)),
                        ("purpose", models.CharField(blank=True, max_length=80)),
                        ("scopes", models.JSONField(default=list)),
                        ("project_id", models.UUIDField(blank=True, null=True)),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                        ("expires_at", models.DateTimeField(blank=True, null=True)),
                        ("last_used_at", models.DateTimeField(blank=True, null=True)),
                        ("last_used_from", models.GenericIPAddressField(blank=True, null=True)),
                        ("revoked_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "tenant",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenancy.tenant"
                            ),
                        ),
                        (
                            "user",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="tokens",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "service_account",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                to="identity.serviceaccount",
                            ),
                        ),
                        (
                            "on_behalf_of",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("networks", models.JSONField(blank=True, default=list)),
                    ],
                    options={
                        "ordering": ["-created_at"],
                    },
                ),
                migrations.CreateModel(
                    name="IdentityProvider",
                    fields=[
                        ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        (
                            "kind",
                            models.CharField(choices=[("oidc", "OpenID Connect"), ("saml", "SAML 2.0")], max_length=4),
                        ),
                        ("name", models.CharField(max_length=80)),
                        ("issuer", models.CharField(max_length=500)),
                        ("sealed", models.BinaryField()),
                        ("default_role", models.CharField(blank=True, max_length=16)),
                        ("mapping", models.JSONField(default=list)),
                        ("makes_members", models.BooleanField(default=True)),
                        ("vouches_for_email", models.BooleanField(default=False)),
                        ("only_way_in", models.BooleanField(default=False)),
                        ("created_at", models.DateTimeField()),
                        ("enabled_at", models.DateTimeField(blank=True, null=True)),
                        ("tested_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "tenant",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenancy.tenant"
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["created_at"],
                        "constraints": [
                            models.UniqueConstraint(fields=("tenant", "name"), name="identity_provider_name")
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ProviderIdentity",
                    fields=[
                        ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        ("subject", models.CharField(max_length=255)),
                        ("made_member", models.BooleanField(default=False)),
                        ("first_seen_at", models.DateTimeField()),
                        ("last_seen_at", models.DateTimeField()),
                        (
                            "provider",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="people",
                                to="identity.identityprovider",
                            ),
                        ),
                        (
                            "tenant",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenancy.tenant"
                            ),
                        ),
                        (
                            "user",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(fields=("provider", "subject"), name="provider_subject_once"),
                            models.UniqueConstraint(fields=("provider", "user"), name="provider_user_once"),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="UsedAssertion",
                    fields=[
                        ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        ("digest", models.CharField(max_length=64)),
                        ("expires_at", models.DateTimeField()),
                        (
                            "provider",
                            models.ForeignKey(
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
                        "constraints": [models.UniqueConstraint(fields=("provider", "digest"), name="assertion_once")],
                    },
                ),
                migrations.CreateModel(
                    name="EmailDomain",
                    fields=[
                        ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        ("name", models.CharField(max_length=253)),
                        ("challenge", models.CharField(max_length=64)),
                        ("claimed_at", models.DateTimeField()),
                        ("proven_at", models.DateTimeField(blank=True, null=True)),
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
                            models.UniqueConstraint(fields=("tenant", "name"), name="domain_claimed_once"),
                            models.UniqueConstraint(
                                condition=models.Q(("proven_at__isnull", False)),
                                fields=("name",),
                                name="domain_proven_once",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ProvidedSession",
                    fields=[
                        ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        ("session_key", models.CharField(max_length=40)),
                        (
                            "provider",
                            models.ForeignKey(
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
                        (
                            "user",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("sid", models.CharField(blank=True, max_length=255)),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(fields=("provider", "session_key"), name="provided_session_once")
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Provisioned",
                    fields=[
                        ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        ("external_id", models.CharField(blank=True, max_length=255)),
                        ("changed_at", models.DateTimeField()),
                        (
                            "provider",
                            models.ForeignKey(
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
                        (
                            "user",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(fields=("tenant", "user"), name="provisioned_once"),
                            models.UniqueConstraint(
                                condition=models.Q(("external_id", ""), _negated=True),
                                fields=("provider", "external_id"),
                                name="provisioned_external_once",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ServiceCall",
                    fields=[
                        ("number", models.CharField(max_length=64, primary_key=True, serialize=False)),
                        ("expires_at", models.DateTimeField(db_index=True)),
                    ],
                ),
            ],
        ),
        # The sequence keeps the name that the column had first, as in every older database.
        migrations.RenameField(
            model_name="revokedtoken",
            old_name="number",
            new_name="id",
        ),
        migrations.AddField(
            model_name="revokedtoken",
            name="number",
            field=models.BigIntegerField(null=True, unique=True),
        ),
        migrations.AddIndex(
            model_name="revokedtoken",
            index=models.Index(condition=models.Q(("number", None)), fields=["id"], name="revocation_without_number"),
        ),
    ]
