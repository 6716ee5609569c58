"""Legal holds: see them, place them on a version or a dataset, release them."""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.datasets import selectors, services
from apps.datasets.api.holding_serializers import HoldStart, LegalHoldSerializer, ReleaseChoice
from apps.projects import selectors as projects
from foundation.access import Permission
from foundation.errors import Invalid
from foundation.web.api import PortalViewSet


class LegalHoldViewSet(PortalViewSet):
    """What the law says has to stay: nobody destroys it until the hold ends."""

    serializer_class = LegalHoldSerializer
    permissions = {
        "list": Permission.DATASET_VIEW,
        "retrieve": Permission.DATASET_VIEW,
        "create": Permission.DATASET_HOLD,
        "release": Permission.DATASET_HOLD,
    }

    def list(self, request: Request) -> Response:
        rows = selectors.visible_holds(actor=self.actor)
        if slug := request.query_params.get("project"):
            rows = rows.filter(project_id=projects.get_project(actor=self.actor, slug=slug).pk)
        return self.pages(rows, self.serializer_class)

    def retrieve(self, request: Request, pk: UUID) -> Response:
        return self.answer(self.serializer_class, selectors.get_hold(actor=self.actor, hold_id=pk))

    @extend_schema(request=HoldStart, responses={201: LegalHoldSerializer})
    def create(self, request: Request) -> Response:
        body = self.body(HoldStart)
        wanted, whole = body.pop("version"), body.pop("dataset")
        if bool(wanted) == bool(whole):
            raise Invalid(_("Name either a version or a dataset."), fields={"version": [_("One of the two.")]})
        version = selectors.get_version(actor=self.actor, version_id=wanted) if wanted else None
        dataset = version.dataset if version else selectors.get_dataset(actor=self.actor, dataset_id=whole)
        hold = services.place_hold(actor=self.actor, dataset=dataset, version=version, **body)
        return self.answer(self.serializer_class, hold, status=201)

    @extend_schema(request=ReleaseChoice)
    @action(detail=True, methods=["post"])
    def release(self, request: Request, pk: UUID) -> Response:
        hold = selectors.get_hold(actor=self.actor, hold_id=pk)
        return self.answer(
            self.serializer_class, services.release_hold(actor=self.actor, hold=hold, **self.body(ReleaseChoice))
        )
