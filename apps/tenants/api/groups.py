from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.tenants import selectors, services
from apps.tenants.api import group_serializers as serializers
from apps.tenants.choices import HolderKind
from foundation.access import Permission
from foundation.web.api import PortalViewSet
from foundation.web.pagination import CursorPages

_PROJECT = OpenApiParameter("project", OpenApiTypes.STR, required=True, description="A project's short name.")


class _ByName(CursorPages):
    ordering = ("name", "id")


class GroupViewSet(PortalViewSet):
    """Groups of the tenant's people; `people` takes them in and out."""

    serializer_class = serializers.GroupSerializer
    pagination_class = _ByName
    permissions = dict.fromkeys(
        ("list", "retrieve", "create", "partial_update", "destroy", "people", "take_in", "take_out"),
        Permission.MEMBER_MANAGE,
    )

    def list(self, request: Request) -> Response:
        return self.pages(selectors.groups(actor=self.actor), self.serializer_class)

    def retrieve(self, request: Request, pk: UUID) -> Response:
        return self.answer(self.serializer_class, self._group(pk))

    @extend_schema(request=serializers.GroupWords)
    def create(self, request: Request) -> Response:
        group = services.create_group(actor=self.actor, **self.body(serializers.GroupWords))
        return self.answer(self.serializer_class, self._group(group.pk), status=201)

    @extend_schema(request=serializers.GroupWords)
    def partial_update(self, request: Request, pk: UUID) -> Response:
        group = self._group(pk)
        given = self.body(serializers.GroupWords, partial=True)
        words = {name: given.get(name, getattr(group, name)) for name in ("name", "description")}
        services.edit_group(actor=self.actor, group=group, **words)
        return self.answer(self.serializer_class, self._group(pk))

    def destroy(self, request: Request, pk: UUID) -> Response:
        services.delete_group(actor=self.actor, group=self._group(pk))
        return Response(status=204)

    @extend_schema(responses=serializers.GroupPerson(many=True))
    @action(detail=True, methods=["get"], pagination_class=None)
    def people(self, request: Request, pk: UUID) -> Response:
        """Who is in it, by name."""
        people = selectors.people_of_group(actor=self.actor, group=self._group(pk))
        rows = [{"id": person.pk, "name": person.name, "email": person.email} for person in people]
        return Response(serializers.GroupPerson(rows, many=True).data)

    @extend_schema(request=serializers.PersonTaken, responses={204: None})
    @people.mapping.post
    def take_in(self, request: Request, pk: UUID) -> Response:
        user_id = self.body(serializers.PersonTaken)["user"]
        services.add_to_group(actor=self.actor, group=self._group(pk), user_id=user_id)
        return Response(status=204)

    @extend_schema(parameters=[OpenApiParameter("user", OpenApiTypes.UUID, required=True)], responses={204: None})
    @people.mapping.delete
    def take_out(self, request: Request, pk: UUID) -> Response:
        person = selectors.person_of_tenant(actor=self.actor, user_id=self.wanted(request, "user"))
        services.take_from_group(actor=self.actor, group=self._group(pk), user_id=person.pk)
        return Response(status=204)

    def _group(self, pk: UUID) -> Any:
        return selectors.get_group(actor=self.actor, group_id=pk)


class ProjectRoleViewSet(PortalViewSet):
    """Roles in single projects, of people, groups and service accounts; the list is of one project."""

    serializer_class = serializers.ProjectRoleSerializer
    permissions = {
        "list": Permission.PROJECT_VIEW,
        "retrieve": Permission.PROJECT_VIEW,
        "create": Permission.PROJECT_SHARE,
        "destroy": Permission.PROJECT_SHARE,
    }

    @extend_schema(parameters=[_PROJECT], responses=serializers.ProjectRoleSerializer(many=True))
    def list(self, request: Request) -> Response:
        project_id = selectors.project_id_of(self.actor, self.wanted(request, "project"))
        rows = selectors.project_roles(actor=self.actor, project_id=project_id)
        return Response(self.serializer_class(rows, many=True).data)

    def retrieve(self, request: Request, pk: UUID) -> Response:
        return self.answer(self.serializer_class, selectors.role_here(actor=self.actor, role_id=pk))

    @extend_schema(request=serializers.ProjectRoleWanted)
    def create(self, request: Request) -> Response:
        wanted = self.body(serializers.ProjectRoleWanted)
        project_id = selectors.project_id_of(self.actor, wanted["project"])
        holder = services.Holder(HolderKind(wanted["kind"]), wanted["holder_id"])
        row = services.give_role_in_project(actor=self.actor, project_id=project_id, holder=holder, role=wanted["role"])
        here = selectors.role_here(actor=self.actor, role_id=row.pk)
        return self.answer(self.serializer_class, here, status=201)

    def destroy(self, request: Request, pk: UUID) -> Response:
        row = selectors.get_project_role(actor=self.actor, role_id=pk)
        services.take_back_role_in_project(actor=self.actor, project_role=row)
        return Response(status=204)
