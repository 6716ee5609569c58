"""The bin: what was deleted under Settings and of data, restored or deleted for ever."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.tenants import selectors, services
from apps.tenants.api.bin_serializers import BinnedSerializer, RestoredSerializer
from foundation.access import Permission
from foundation.web.api import PortalViewSet

_CONFIRMATION = OpenApiParameter(
    "confirmation", OpenApiTypes.STR, required=True, description="The thing's name, as the bin shows it."
)


class BinViewSet(PortalViewSet):
    """What was deleted, until its days here are over: as far as the caller may make such a thing.

    Groups, webhooks, identity providers; of data streams, ingestions, transformations and connections; of features
    versions of views, services and on-demand features, and training sets.
    """

    serializer_class = BinnedSerializer
    permissions = dict.fromkeys(("list", "retrieve", "restore", "destroy"), Permission.DATASET_CREATE)

    def list(self, request: Request) -> Response:
        rows = selectors.binned_things(actor=self.actor)
        return self.pages(rows, self.serializer_class, ordering=("-deleted_at", "-id"))

    def retrieve(self, request: Request, pk: UUID) -> Response:
        return self.answer(self.serializer_class, self._binned(pk))

    @extend_schema(request=None, responses=RestoredSerializer)
    @action(detail=True, methods=["post"])
    def restore(self, request: Request, pk: UUID) -> Response:
        """Bring it back as it was, under its id; an identity provider comes back disabled."""
        restored = services.restore(actor=self.actor, binned=self._binned(pk))
        return self.answer(RestoredSerializer, restored)

    @extend_schema(parameters=[_CONFIRMATION], responses={204: None})
    def destroy(self, request: Request, pk: UUID) -> Response:
        """Delete it for ever."""
        binned, typed = self._binned(pk), self.wanted(request, "confirmation")
        services.delete_for_ever(actor=self.actor, binned=binned, confirmation=typed)
        return Response(status=204)

    def _binned(self, pk: UUID) -> Any:
        return selectors.get_binned(actor=self.actor, binned_id=pk)
