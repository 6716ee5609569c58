"""The steps up to 0004 as one, for a fresh database; one that has taken some of them takes the others one by one."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from foundation.tenancy.operations import CreateModels

FORWARDS = """
ALTER TABLE approvals_decision ADD CONSTRAINT decision_of_the_requester_asked
  FOREIGN KEY (case_id, requester_id) REFERENCES approvals_approvalcase (id, requester_id) DEFERRABLE INITIALLY IMMEDIATE;
"""
BACKWARDS = "ALTER TABLE approvals_decision DROP CONSTRAINT decision_of_the_requester_asked;"


class Migration(migrations.Migration):
    replaces = [
        ("approvals", "0001_initial"),
        ("approvals", "0002_decision_names_the_requester"),
        ("approvals", "0003_a_case_may_be_about_the_tenant"),
        ("approvals", "0004_words_of_a_title"),
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
                    name="ApprovalCase",
                    fields=[
                        ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        ("kind", models.CharField(max_length=60)),
                        ("subject_kind", models.CharField(max_length=40)),
                        ("subject_id", models.UUIDField()),
                        ("subject_digest", models.CharField(max_length=100)),
                        ("title", models.CharField(max_length=200)),
                        ("requester_id", models.UUIDField()),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("open", "Waiting for a decision"),
                                    ("granted", "Approved"),
                                    ("refused", "Refused"),
                                    ("withdrawn", "Withdrawn"),
                                    ("void", "Void"),
                                ],
                                default="open",
                                max_length=10,
                            ),
                        ),
                        ("evidence", models.JSONField(default=dict)),
                        ("created_at", models.DateTimeField()),
                        ("due_at", models.DateTimeField()),
                        ("closed_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "project",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="projects.project",
                            ),
                        ),
                        (
                            "requested_by",
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
                        ("words", models.JSONField(default=dict)),
                    ],
                    options={
                        "ordering": ["-created_at", "-id"],
                        "indexes": [
                            models.Index(fields=["tenant", "subject_kind", "subject_id"], name="case_by_subject")
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("state", "open")),
                                fields=("tenant", "kind", "subject_kind", "subject_id"),
                                name="case_open_once",
                            ),
                            models.UniqueConstraint(fields=("id", "requester_id"), name="case_with_requester"),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Comment",
                    fields=[
                        ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        ("text", models.TextField()),
                        ("created_at", models.DateTimeField()),
                        (
                            "author",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "case",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="comments",
                                to="approvals.approvalcase",
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
                        "ordering": ["created_at", "id"],
                    },
                ),
                migrations.CreateModel(
                    name="Decision",
                    fields=[
                        ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        ("requester_id", models.UUIDField()),
                        (
                            "verdict",
                            models.CharField(choices=[("granted", "Approve"), ("refused", "Refuse")], max_length=10),
                        ),
                        ("reason", models.TextField()),
                        ("digest", models.CharField(max_length=100)),
                        ("decided_at", models.DateTimeField()),
                        (
                            "case",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="decision",
                                to="approvals.approvalcase",
                            ),
                        ),
                        (
                            "decided_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
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
                        "ordering": ["-decided_at"],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("decided_by_id", models.F("requester_id")), _negated=True),
                                name="requester_never_decides",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("reason", ""), _negated=True), name="decision_says_why"
                            ),
                        ],
                    },
                ),
            ],
        ),
        # The requester that a decision names is the case's own: the check that they differ cannot be talked around.
        migrations.RunSQL(FORWARDS, BACKWARDS),
    ]
