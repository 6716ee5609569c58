"""What changed between two versions: columns, rows by key, examples."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.datasets import selectors
from apps.datasets.choices import RowChangeKind
from foundation.errors import NotFound
from foundation.figures import whole
from foundation.web.api import PortalViewSet


class ColumnDiffSerializer(serializers.Serializer[Any]):
    """`drift`: how far its values moved; `measure` psi for numbers and times, tv for categories."""

    name = serializers.CharField()
    change = serializers.CharField()
    measure = serializers.CharField(allow_blank=True)
    drift = serializers.FloatField(allow_null=True)


class RowDiffSerializer(serializers.Serializer[Any]):
    """`one_in`: of larger versions one key in so many was looked at, and the counts are of those."""

    key = serializers.ListField(child=serializers.CharField())
    added = serializers.IntegerField()
    removed = serializers.IntegerField()
    changed = serializers.IntegerField()
    same = serializers.IntegerField()
    one_in = serializers.IntegerField()
    columns = serializers.DictField(child=serializers.IntegerField())


class ExampleSerializer(serializers.Serializer[Any]):
    """`cells`: of each column that differs its name and what stood there before and after, as the reader may see it."""

    kind = serializers.ChoiceField(choices=RowChangeKind.choices)
    key = serializers.DictField()
    cells = serializers.ListField()


class DiffSerializer(serializers.Serializer[Any]):
    """`rows` and `examples` where a key was named, or one column names every row of both.

    `same_rows` is null where the answer would tell whether a guess at masked values is right.
    """

    before = serializers.UUIDField()
    after = serializers.UUIDField()
    same_rows = serializers.BooleanField(allow_null=True)
    columns = ColumnDiffSerializer(many=True)
    rows = RowDiffSerializer(allow_null=True)
    examples = ExampleSerializer(many=True)


class DiffingMixin(PortalViewSet):
    """A version beside an earlier one."""

    @extend_schema(
        parameters=[
            OpenApiParameter("before_version", UUID, required=True, description="The version to compare with."),
            OpenApiParameter("key", str, many=True, description="The columns that name a row."),
            OpenApiParameter("kind", str, enum=RowChangeKind.values, description="Examples of this kind alone."),
            OpenApiParameter("offset", int, description="How many examples to pass over."),
        ],
        responses=DiffSerializer,
    )
    @action(detail=True)
    def diff(self, request: Request, pk: UUID) -> Response:
        """What changed since another version: columns, how far their values moved, and rows by key."""
        after = selectors.get_version(actor=self.actor, version_id=pk)
        before = selectors.get_version(actor=self.actor, version_id=_id(self.wanted(request, "before_version")))
        pair: dict[str, Any] = {"actor": self.actor, "before": before, "after": after}
        key = request.query_params.getlist("key") or selectors.likely_key(**pair)
        columns = [_column(one) for one in selectors.compare(**pair)]
        rows = selectors.diff_rows(**pair, key=key) if key else None
        examples = selectors.diff_examples(**pair, key=key, **_paged(request)) if key else []
        found = {"before": before.pk, "after": after.pk, "same_rows": selectors.same_rows(**pair)}
        return Response(DiffSerializer({**found, "columns": columns, "rows": rows, "examples": examples}).data)


def _id(said: str) -> UUID:
    try:
        return UUID(said)
    except ValueError as error:
        raise NotFound(_("There is no such dataset version here.")) from error


def _column(one: selectors.ColumnChange) -> dict[str, Any]:
    measure, value = one.drift or ("", None)
    return {"name": one.name, "change": one.change, "measure": measure, "drift": value}


def _paged(request: Request) -> dict[str, Any]:
    kind = request.query_params.get("kind", "")
    return {
        "kind": kind if kind in RowChangeKind.values else "",
        "offset": whole(request.query_params.get("offset")) or 0,
    }
