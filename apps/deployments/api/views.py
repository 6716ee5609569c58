from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.deployments import selectors, services
from apps.deployments.api import serializers
from apps.deployments.choices import RevisionState
from apps.projects import selectors as projects
from apps.registry import selectors as registry
from foundation.access import Permission
from foundation.engines import LOG_PIECE
from foundation.errors import Invalid
from foundation.figures import whole
from foundation.web.api import PortalViewSet
from foundation.web.estimates import EstimateSerializer


class DeploymentViewSet(PortalViewSet):
    serializer_class = serializers.DeploymentSerializer
    permissions = {
        "list": Permission.DEPLOYMENT_VIEW,
        "retrieve": Permission.DEPLOYMENT_VIEW,
        "create": Permission.DEPLOYMENT_CHANGE,
        "estimate": Permission.DEPLOYMENT_VIEW,
        "revisions": Permission.DEPLOYMENT_VIEW,
        "split": Permission.DEPLOYMENT_CHANGE,
        "rollback": Permission.DEPLOYMENT_CHANGE,
        "stop": Permission.DEPLOYMENT_CHANGE,
    }

    def list(self, request: Request) -> Response:
        project = projects.get_project(actor=self.actor, slug=self.wanted(request, "project"))
        return self.pages(selectors.visible_deployments(actor=self.actor, project_id=project.pk), self.serializer_class)

    @extend_schema(responses=serializers.DeploymentDetailSerializer)
    def retrieve(self, request: Request, pk: UUID) -> Response:
        """The deployment, and by which keys it looks up what rows leave out (`lookups`)."""
        return self.answer(serializers.DeploymentDetailSerializer, self._deployment(pk))

    @extend_schema(request=serializers.DeploymentStart, responses={202: serializers.RevisionSerializer})
    def create(self, request: Request) -> Response:
        body = self.body(serializers.DeploymentStart)
        revision = services.deploy_version(actor=self.actor, version_id=body.pop("model_version"), **body)
        return self.answer(serializers.RevisionSerializer, revision, status=202)

    @extend_schema(request=serializers.DeploymentEstimateAsked, responses=EstimateSerializer)
    @action(detail=False, methods=["post"])
    def estimate(self, request: Request) -> Response:
        """What a replica of a version would cost and find of the quotas; nothing is started."""
        body = self.body(serializers.DeploymentEstimateAsked)
        version = registry.get_model_version(actor=self.actor, version_id=body["model_version"])
        found = services.estimate_revision(
            actor=self.actor, project_id=version.project_id, resource_class=body["resource_class"]
        )
        return self.answer(EstimateSerializer, found)

    @action(detail=True)
    def revisions(self, request: Request, pk: UUID) -> Response:
        rows = selectors.visible_revisions(actor=self.actor, deployment_id=self._deployment(pk).pk)
        return self.pages(rows, serializers.RevisionSerializer)

    @extend_schema(request=serializers.SplitChoice)
    @action(detail=True, methods=["post"])
    def split(self, request: Request, pk: UUID) -> Response:
        wanted = self.body(serializers.SplitChoice)
        services.set_split(actor=self.actor, deployment=self._deployment(pk), **wanted)
        return self.answer(self.serializer_class, self._deployment(pk))

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def rollback(self, request: Request, pk: UUID) -> Response:
        services.roll_back(actor=self.actor, deployment=self._deployment(pk))
        return self.answer(self.serializer_class, self._deployment(pk))

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def stop(self, request: Request, pk: UUID) -> Response:
        """Take it out of service: nobody is led to it any more, and each of its replicas ends."""
        services.stop_deployment(actor=self.actor, deployment=self._deployment(pk))
        return self.answer(self.serializer_class, self._deployment(pk))

    def _deployment(self, pk: UUID) -> Any:
        return selectors.get_deployment(actor=self.actor, deployment_id=pk)


class RevisionViewSet(PortalViewSet):
    serializer_class = serializers.RevisionSerializer
    permissions = {
        "retrieve": Permission.DEPLOYMENT_VIEW,
        "log": Permission.DEPLOYMENT_VIEW,
        "stop": Permission.DEPLOYMENT_CHANGE,
        "restart": Permission.DEPLOYMENT_CHANGE,
    }

    def retrieve(self, request: Request, pk: UUID) -> Response:
        return self.answer(self.serializer_class, self._revision(pk))

    @extend_schema(responses={(200, "text/plain"): OpenApiTypes.STR})
    @action(detail=True)
    def log(self, request: Request, pk: UUID) -> HttpResponse:
        revision, offset = self._revision(pk), request.query_params.get("offset", "0")
        if (begin := whole(offset, digits=18)) is None:
            raise Invalid(_("The offset is a number of bytes."), fields={"offset": [_("Not a number.")]})
        piece, end = selectors.read_log(revision, offset=begin)
        # A full piece is hardly the last one: the reader comes again for more.
        size = end + (len(piece) >= LOG_PIECE)
        ended = revision.state in {RevisionState.STOPPED, RevisionState.FAILED}
        headers = {"X-Log-Offset": str(end), "X-Log-Size": str(size), "X-Log-Ended": str(ended).lower()}
        return HttpResponse(piece, content_type="text/plain; charset=utf-8", headers=headers)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def stop(self, request: Request, pk: UUID) -> Response:
        return self.answer(self.serializer_class, services.stop_revision(actor=self.actor, revision=self._revision(pk)))

    @extend_schema(request=None, responses={202: serializers.RevisionSerializer})
    @action(detail=True, methods=["post"])
    def restart(self, request: Request, pk: UUID) -> Response:
        revision = services.restart_revision(actor=self.actor, revision=self._revision(pk))
        return self.answer(self.serializer_class, revision, status=202)

    def _revision(self, pk: UUID) -> Any:
        return selectors.get_revision(actor=self.actor, revision_id=pk)
