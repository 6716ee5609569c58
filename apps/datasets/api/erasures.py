"""People who are erased: look, begin, go on, and what was erased where."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.http import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.datasets import selectors, services
from apps.datasets.api.erasure_serializers import (
    ErasureInProjectsStart,
    ErasureSerializer,
    ErasureStart,
    GoOnChoice,
    InProjectSerializer,
    PersonChoice,
    PersonInProjects,
    ReachedSerializer,
)
from apps.projects import selectors as projects
from foundation.access import Permission
from foundation.web.api import PortalViewSet
from foundation.web.downloads import JSON_LINES, attached

if TYPE_CHECKING:
    from apps.datasets.models import Erasure


class ErasureViewSet(PortalViewSet):
    """A person's data taken out of a project, by a job."""

    serializer_class = ErasureSerializer
    permissions = dict.fromkeys(
        ("list", "retrieve", "create", "preview", "in_projects", "preview_in_projects", "go_on", "summary"),
        Permission.DATASET_DESTROY,
    )
    only_read = frozenset({"preview", "preview_in_projects"})

    def list(self, request: Request) -> Response:
        rows = selectors.visible_erasures(actor=self.actor)
        if slug := request.query_params.get("project"):
            rows = rows.filter(project_id=projects.get_project(actor=self.actor, slug=slug).pk)
        return self.pages(rows, self.serializer_class)

    def retrieve(self, request: Request, pk: UUID) -> Response:
        return self.answer(self.serializer_class, self._erasure(pk))

    @extend_schema(request=ErasureStart, responses={202: ErasureSerializer})
    def create(self, request: Request) -> Response:
        """Begin to erase the person; refused, without `break_chain`, where runs or models learned from the rows."""
        erasure = services.erase_person(actor=self.actor, **self._person(ErasureStart))
        return self.answer(self.serializer_class, self._erasure(erasure.pk), status=202)

    @extend_schema(request=PersonChoice, responses=ReachedSerializer(many=True))
    @action(detail=False, methods=["post"])
    def preview(self, request: Request) -> Response:
        """Where the person is, as counts alone; nothing is changed or kept."""
        found = services.find_person(actor=self.actor, **self._person(PersonChoice))
        return Response(ReachedSerializer(found, many=True).data)

    @extend_schema(request=ErasureInProjectsStart, responses={202: InProjectSerializer(many=True)})
    @action(detail=False, methods=["post"], url_path="in-projects")
    def in_projects(self, request: Request) -> Response:
        """Begin to erase the person from several projects, each with an erasure of its own.

        What one project refuses is said of that project, and the others begin; refused where none begins.
        """
        answers = services.erase_in_projects(actor=self.actor, **self._in_projects(ErasureInProjectsStart))
        return Response(InProjectSerializer(answers, many=True).data, status=202)

    @extend_schema(request=PersonInProjects, responses=InProjectSerializer(many=True))
    @action(detail=False, methods=["post"], url_path="in-projects/preview")
    def preview_in_projects(self, request: Request) -> Response:
        """Where the person is in several projects, as counts alone; nothing is changed or kept."""
        answers = services.find_in_projects(actor=self.actor, **self._in_projects(PersonInProjects))
        return Response(InProjectSerializer(answers, many=True).data)

    @extend_schema(request=GoOnChoice, responses={202: ErasureSerializer})
    @action(detail=True, methods=["post"], url_path="go-on")
    def go_on(self, request: Request, pk: UUID) -> Response:
        """Have one that failed or was cancelled go on where it stopped."""
        services.go_on_erasing(actor=self.actor, erasure=self._erasure(pk), **self.body(GoOnChoice))
        return self.answer(self.serializer_class, self._erasure(pk), status=202)

    @extend_schema(responses={(200, JSON_LINES): OpenApiTypes.BINARY})
    @action(detail=True)
    def summary(self, request: Request, pk: UUID) -> HttpResponseBase:
        """What was erased where, as JSON lines; their SHA-256 is the summary digest that the ledger names."""
        return attached(services.summary_lines(self._erasure(pk)), name=f"erasure-{pk}.jsonl", kind=JSON_LINES)

    def _erasure(self, pk: UUID) -> Erasure:
        return selectors.get_erasure(actor=self.actor, erasure_id=pk)

    def _person(self, asked: type[PersonChoice]) -> dict[str, Any]:
        body = self.body(asked)
        named = body.pop("dataset")
        dataset = selectors.get_dataset(actor=self.actor, dataset_id=named) if named else None
        project = projects.get_project(actor=self.actor, slug=body.pop("project"))
        return {**body, "project": project, "dataset": dataset}

    def _in_projects(self, asked: type[PersonInProjects]) -> dict[str, Any]:
        body = self.body(asked)
        named = body.pop("projects")
        if named is None:
            return body
        return {
            **body,
            "projects": [projects.get_project(actor=self.actor, slug=slug) for slug in dict.fromkeys(named)],
        }
