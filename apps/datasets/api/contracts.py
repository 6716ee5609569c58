"""What is promised of datasets, and versions that wait because they break a promise."""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.datasets import selectors, services
from apps.datasets.api.validation import id_of
from apps.datasets.api.validation_serializers import ContractSerializer, ContractStart
from foundation.access import Permission
from foundation.errors import NotFound
from foundation.web.api import PortalViewSet


class ContractViewSet(PortalViewSet):
    """Data contracts: columns, expectations, owner and freshness, published by a dataset's owner."""

    serializer_class = ContractSerializer
    permissions = {
        "list": Permission.DATASET_VIEW,
        "retrieve": Permission.DATASET_VIEW,
        "create": Permission.DATASET_CREATE,
    }

    @extend_schema(parameters=[OpenApiParameter("dataset", OpenApiTypes.UUID, required=True)])
    def list(self, request: Request) -> Response:
        dataset = selectors.get_dataset(actor=self.actor, dataset_id=id_of(self.wanted(request, "dataset")))
        rows = selectors.visible_contracts(actor=self.actor, dataset_id=dataset.pk)
        return self.pages(rows, self.serializer_class, ordering=("-number", "-pk"))

    def retrieve(self, request: Request, pk: UUID) -> Response:
        found = selectors.visible_contracts(actor=self.actor).filter(pk=pk).first()
        if found is None:
            raise NotFound(_("There is no such contract here."))
        return self.answer(self.serializer_class, found)

    @extend_schema(request=ContractStart)
    def create(self, request: Request) -> Response:
        """Promise the dataset as it is now; what is promised already is answered as it is."""
        asked = self.body(ContractStart)["dataset"]
        dataset = selectors.get_dataset(actor=self.actor, dataset_id=asked)
        contract = services.publish_contract(actor=self.actor, dataset=dataset)
        return self.answer(self.serializer_class, contract, status=201)
