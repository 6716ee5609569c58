"""The steps up to 0007 as one, for a fresh database; one that has taken some of them takes the others one by one."""

import uuid

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

import foundation.tenancy.models
from foundation.tenancy.operations import CreateModels


class Migration(migrations.Migration):
    replaces = [
        ("access", "0001_initial"),
        ("access", "0002_initial"),
        ("access", "0003_grants_are_to_people"),
        ("access", "0004_groups_and_project_roles"),
        ("access", "0005_support_grants"),
        ("access", "0006_vouched_members"),
        ("access", "0007_groups_by_provider"),
    ]

    initial = True

    dependencies = [
        # Ours needs none of account, guardian, mfa and socialaccount, but each step of theirs makes all models anew that
        # lead to a user: before our tables that is a third of the work.
        ("account", "0009_emailaddress_unique_primary_email"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("guardian", "0003_remove_groupobjectpermission_guardian_gr_content_ae6aec_idx_and_more"),
        ("identity", "0001_squashed_0012_revocations_numbered_after_commit"),
        ("mfa", "0003_authenticator_type_uniq"),
        ("socialaccount", "0006_alter_socialaccount_extra_data"),
        ("tenancy", "0001_squashed_0005_suspension_and_leaving"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        CreateModels(
            operations=[
                migrations.CreateModel(
                    name="UserGrant",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("object_pk", models.CharField(max_length=255, verbose_name="object ID")),
                        (
                            "content_type",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE, to="contenttypes.contenttype"
                            ),
                        ),
                        (
                            "permission",
                            models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="auth.permission"),
                        ),
                        (
                            "tenant",
                            models.ForeignKey(
                                db_default=foundation.tenancy.models.CurrentTenant(),
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to="tenancy.tenant",
                            ),
                        ),
                        (
                            "user",
                            models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL),
                        ),
                        ("given_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                    ],
                    options={
                        "abstract": False,
                        "indexes": [
                            models.Index(fields=["content_type", "object_pk"], name="access_user_content_4f6735_idx")
                        ],
                        "unique_together": {("user", "permission", "object_pk")},
                    },
                ),
                migrations.CreateModel(
                    name="Membership",
                    fields=[
                        ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
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
                        ("joined_at", models.DateTimeField(auto_now_add=True)),
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
                                related_name="memberships",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("suspended_at", models.DateTimeField(blank=True, null=True)),
                        ("vouched", models.BooleanField(default=False)),
                    ],
                    options={
                        "ordering": ["joined_at"],
                        "constraints": [models.UniqueConstraint(fields=("tenant", "user"), name="membership_once")],
                    },
                ),
                migrations.CreateModel(
                    name="Group",
                    fields=[
                        ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        ("name", models.CharField(max_length=120)),
                        ("description", models.CharField(blank=True, max_length=500)),
                        ("external_id", models.CharField(blank=True, max_length=255)),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                        (
                            "tenant",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenancy.tenant"
                            ),
                        ),
                        (
                            "provider",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to="identity.identityprovider",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["name"],
                        "constraints": [
                            models.UniqueConstraint(fields=("tenant", "name"), name="group_name_once"),
                            models.UniqueConstraint(
                                condition=models.Q(("external_id", ""), _negated=True),
                                fields=("provider", "external_id"),
                                name="group_external_once",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="GroupMember",
                    fields=[
                        ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        ("joined_at", models.DateTimeField(auto_now_add=True)),
                        (
                            "group",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE, related_name="places", to="access.group"
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
                        "ordering": ["joined_at"],
                        "constraints": [models.UniqueConstraint(fields=("group", "user"), name="group_member_once")],
                    },
                ),
                migrations.CreateModel(
                    name="ProjectRole",
                    fields=[
                        ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        ("project_id", models.UUIDField()),
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
                        ("given_at", models.DateTimeField(auto_now_add=True)),
                        (
                            "group",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="project_roles",
                                to="access.group",
                            ),
                        ),
                        (
                            "service_account",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to="identity.serviceaccount",
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
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["given_at"],
                        "indexes": [models.Index(fields=["tenant", "project_id"], name="project_role_by_project")],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("project_id", "user", "group", "service_account"),
                                name="project_role_once",
                                nulls_distinct=False,
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("group", None), ("service_account", None), ("user__isnull", False)),
                                    models.Q(("group__isnull", False), ("service_account", None), ("user", None)),
                                    models.Q(("group", None), ("service_account__isnull", False), ("user", None)),
                                    _connector="OR",
                                ),
                                name="project_role_one_holder",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="SupportGrant",
                    fields=[
                        ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        (
                            "level",
                            models.CharField(choices=[("viewer", "Viewer"), ("admin", "Administrator")], max_length=16),
                        ),
                        ("reason", models.CharField(max_length=500)),
                        ("hours", models.PositiveSmallIntegerField()),
                        ("asked_at", models.DateTimeField(null=True)),
                        ("refused_at", models.DateTimeField(null=True)),
                        ("granted_at", models.DateTimeField(null=True)),
                        ("ends_at", models.DateTimeField(null=True)),
                        ("ended_at", models.DateTimeField(null=True)),
                        (
                            "decided_by",
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
                        "ordering": ["-granted_at", "-asked_at"],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("ends_at", None), ("granted_at", None)),
                                    models.Q(("ends_at__isnull", False), ("granted_at__isnull", False)),
                                    _connector="OR",
                                ),
                                name="support_granted_ends",
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(("ended_at", None), ("refused_at", None)),
                                fields=("tenant", "user"),
                                name="support_one_open",
                            ),
                        ],
                    },
                ),
            ],
        ),
        migrations.AddField(
            model_name="Group",
            name="members",
            field=models.ManyToManyField(related_name="+", through="access.GroupMember", to=settings.AUTH_USER_MODEL),
        ),
    ]
