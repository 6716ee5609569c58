from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from apps.approvals.choices import CaseState, Verdict
from foundation.tenancy.models import TenantModel
from foundation.words import read_words


class ApprovalCase(TenantModel):
    """Something that one person asks for and another decides, about a thing as it was when asked."""

    # None where it is about the tenant: a permission that a role brings.
    project = models.ForeignKey("projects.Project", null=True, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=60)
    subject_kind = models.CharField(max_length=40)
    subject_id = models.UUIDField()
    subject_digest = models.CharField(max_length=100)
    # In the language of the source, for searches and programs; readers get the words of it in theirs.
    title = models.CharField(max_length=200)
    words = models.JSONField(default=dict)
    # The id of whoever asked (person, service account or workload): what the check of the decision compares.
    requester_id = models.UUIDField()
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    state = models.CharField(max_length=10, choices=CaseState.choices, default=CaseState.OPEN)
    evidence = models.JSONField(default=dict)
    created_at = models.DateTimeField()
    due_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "kind", "subject_kind", "subject_id"],
                condition=Q(state=CaseState.OPEN),
                name="case_open_once",
            ),
            # What a decision's composite foreign key points at.
            models.UniqueConstraint(fields=["id", "requester_id"], name="case_with_requester"),
        ]
        indexes = [models.Index(fields=["tenant", "subject_kind", "subject_id"], name="case_by_subject")]

    def __str__(self) -> str:
        return self.shown_title

    @property
    def shown_title(self) -> str:
        """The title in the reader's language."""
        return str(read_words(self.words)) if self.words else self.title


class Decision(TenantModel):
    """The one word on a case: by whom, why, and on which digest."""

    case = models.OneToOneField(ApprovalCase, on_delete=models.PROTECT, related_name="decision")
    # Copied from the case; a composite foreign key in the database keeps the copy true.
    requester_id = models.UUIDField()
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    verdict = models.CharField(max_length=10, choices=Verdict.choices)
    reason = models.TextField()
    digest = models.CharField(max_length=100)
    decided_at = models.DateTimeField()

    class Meta:
        ordering = ["-decided_at"]
        constraints = [
            models.CheckConstraint(condition=~Q(decided_by_id=F("requester_id")), name="requester_never_decides"),
            models.CheckConstraint(condition=~Q(reason=""), name="decision_says_why"),
        ]

    def __str__(self) -> str:
        return f"{self.verdict} · {self.case_id}"


class Comment(TenantModel):
    """A word between asking and deciding."""

    case = models.ForeignKey(ApprovalCase, on_delete=models.PROTECT, related_name="comments")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    text = models.TextField()
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["created_at", "id"]

    def __str__(self) -> str:
        return self.text[:60]
