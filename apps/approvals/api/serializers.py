from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.approvals.choices import CaseState, Verdict
from apps.approvals.models import ApprovalCase, Comment, Decision


class DecisionSerializer(serializers.ModelSerializer[Decision]):
    decided_by = serializers.CharField(source="decided_by.name", read_only=True)

    class Meta:
        model = Decision
        fields = ["id", "verdict", "reason", "digest", "decided_by", "decided_at"]
        read_only_fields = fields


class CaseSerializer(serializers.ModelSerializer[ApprovalCase]):
    # Null where the case is about the tenant.
    project = serializers.SlugField(source="project.slug", read_only=True, default=None)
    requested_by = serializers.CharField(source="requested_by.name", read_only=True, default=None)
    evidence = serializers.JSONField(read_only=True)
    decision = DecisionSerializer(read_only=True, default=None)

    class Meta:
        model = ApprovalCase
        fields = [
            "id",
            "project",
            "kind",
            "title",
            "state",
            "subject_kind",
            "subject_id",
            "subject_digest",
            "evidence",
            "requester_id",
            "requested_by",
            "created_at",
            "due_at",
            "closed_at",
            "decision",
        ]
        read_only_fields = fields


class CommentSerializer(serializers.ModelSerializer[Comment]):
    author = serializers.CharField(source="author.name", read_only=True, default=None)

    class Meta:
        model = Comment
        fields = ["id", "author", "text", "created_at"]
        read_only_fields = fields


class CaseFilters(serializers.Serializer[Any]):
    state = serializers.ChoiceField(choices=CaseState.choices, required=False)
    kind = serializers.CharField(max_length=60, required=False)
    subject_kind = serializers.CharField(max_length=40, required=False)
    subject_id = serializers.UUIDField(required=False)


class DecisionGiven(serializers.Serializer[Any]):
    verdict = serializers.ChoiceField(choices=Verdict.choices)
    reason = serializers.CharField()
    # What the decider read; the decision is refused where the case is about another digest.
    digest = serializers.CharField(required=False, allow_blank=True, default="", max_length=100)


class CommentGiven(serializers.Serializer[Any]):
    text = serializers.CharField()
