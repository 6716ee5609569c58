from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.approvals import selectors, services
from apps.approvals.api import serializers
from apps.projects import selectors as projects
from foundation.access import Permission
from foundation.web.api import PortalViewSet


class ApprovalViewSet(PortalViewSet):
    """Approval cases: opened by what is asked for (a promotion, access), decided here by somebody else."""

    serializer_class = serializers.CaseSerializer
    own_too = frozenset({"list", "retrieve", "withdraw", "comments", "add_comment"})
    permissions = {
        "list": Permission.APPROVAL_VIEW,
        "retrieve": Permission.APPROVAL_VIEW,
        # Who decides depends on the kind of the case; the policy says.
        "decide": Permission.APPROVAL_VIEW,
        "withdraw": Permission.APPROVAL_OPEN,
        "comments": Permission.APPROVAL_VIEW,
        "add_comment": Permission.APPROVAL_VIEW,
    }

    def list(self, request: Request) -> Response:
        """`?waiting=true` is the inbox of whoever asks; project, state, kind and subject narrow the list."""
        given = request.query_params
        waiting = given.get("waiting") == "true"
        rows = (selectors.waiting_for if waiting else selectors.visible_cases)(actor=self.actor)
        if slug := given.get("project"):
            rows = rows.filter(project=projects.get_project(actor=self.actor, slug=slug))
        narrowed = serializers.CaseFilters(data=given)
        narrowed.is_valid(raise_exception=True)
        rows = rows.filter(**narrowed.validated_data)
        return self.pages(rows, self.serializer_class)

    def retrieve(self, request: Request, pk: UUID) -> Response:
        return self.answer(self.serializer_class, self._case(pk))

    @extend_schema(request=serializers.DecisionGiven)
    @action(detail=True, methods=["post"])
    def decide(self, request: Request, pk: UUID) -> Response:
        """Takes `approval.decide`, or `member.manage` where the case is about access (`access.grant`)."""
        services.decide(actor=self.actor, case=self._case(pk), **self.body(serializers.DecisionGiven))
        return self.answer(self.serializer_class, self._case(pk))

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, pk: UUID) -> Response:
        services.withdraw(actor=self.actor, case=self._case(pk))
        return self.answer(self.serializer_class, self._case(pk))

    @action(detail=True, methods=["get"])
    def comments(self, request: Request, pk: UUID) -> Response:
        rows = selectors.comments_of(actor=self.actor, case=self._case(pk))
        return self.pages(rows, serializers.CommentSerializer)

    @extend_schema(request=serializers.CommentGiven, responses={201: serializers.CommentSerializer})
    @comments.mapping.post
    def add_comment(self, request: Request, pk: UUID) -> Response:
        made = services.comment(actor=self.actor, case=self._case(pk), **self.body(serializers.CommentGiven))
        return self.answer(serializers.CommentSerializer, made, status=201)

    def _case(self, pk: UUID) -> Any:
        return selectors.get_case(actor=self.actor, case_id=pk)
