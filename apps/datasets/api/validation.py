"""What is expected of datasets, what came of it, and the rows that were set aside."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponseBase
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.datasets import selectors, services
from apps.datasets.api import serializers as datasets
from apps.datasets.api import validation_serializers as serializers
from apps.projects import selectors as projects
from foundation.access import Permission
from foundation.errors import Invalid, NotFound
from foundation.figures import whole
from foundation.web.api import PortalViewSet
from foundation.web.downloads import attached

_MOST_ROWS = 500


class SuiteViewSet(PortalViewSet):
    """What is expected of a dataset's versions: each change is a suite of its own."""

    serializer_class = serializers.SuiteSerializer
    permissions = {
        "list": Permission.DATASET_VIEW,
        "retrieve": Permission.DATASET_VIEW,
        "create": Permission.DATASET_CREATE,
        "attempt": Permission.DATASET_CREATE,
        "suggestions": Permission.DATASET_CREATE,
        "restore": Permission.DATASET_CREATE,
    }
    only_read = frozenset({"attempt"})

    @extend_schema(parameters=[OpenApiParameter("dataset", OpenApiTypes.UUID, required=True)])
    def list(self, request: Request) -> Response:
        rows = selectors.visible_suites(actor=self.actor, dataset_id=self._asked(request).pk)
        return self.pages(rows, self.serializer_class, ordering=("-number", "-pk"))

    def retrieve(self, request: Request, pk: UUID) -> Response:
        return self.answer(self.serializer_class, self._suite(pk))

    @extend_schema(request=serializers.SuiteStart)
    def create(self, request: Request) -> Response:
        """Expect this from now on; what is there already stays as it is."""
        body = self.body(serializers.SuiteStart)
        body["dataset"] = selectors.get_dataset(actor=self.actor, dataset_id=body["dataset"])
        return self.answer(self.serializer_class, services.save_suite(actor=self.actor, **body), status=201)

    @extend_schema(request=serializers.SuiteTry, responses=serializers.MeasuredSerializer)
    @action(detail=False, methods=["post"], url_path="try")
    def attempt(self, request: Request) -> Response:
        """What these expectations find in the newest version; nothing is kept."""
        body = self.body(serializers.SuiteTry)
        dataset = selectors.get_dataset(actor=self.actor, dataset_id=body["dataset"])
        version, found = services.try_suite(actor=self.actor, dataset=dataset, expectations=body["expectations"])
        names = selectors.dataset_names(actor=self.actor, project_id=dataset.project_id)
        results = [one.as_json() for one in found.results]
        told = serializers.results_of(found.suite, results, names)
        return Response({"version": version.pk, "row_count": found.row_count, "results": told})

    @extend_schema(
        parameters=[OpenApiParameter("dataset", OpenApiTypes.UUID, required=True)],
        responses=serializers.SuggestionSerializer(many=True),
    )
    @action(detail=False, pagination_class=None)
    def suggestions(self, request: Request) -> Response:
        """What the newest version meets and the suite does not say yet, each with why."""
        dataset = self._asked(request)
        found = services.suggest(actor=self.actor, dataset=dataset)
        return Response(
            [
                {
                    "expectation": one.expectation.as_json(),
                    "expected": services.sentence(one.expectation),
                    "why": one.why,
                }
                for one in found
            ]
        )

    @extend_schema(request=None, responses={201: serializers.SuiteSerializer})
    @action(detail=True, methods=["post"])
    def restore(self, request: Request, pk: UUID) -> Response:
        old = self._suite(pk)
        suite = services.restore_suite(actor=self.actor, dataset=old.dataset, number=old.number)
        return self.answer(self.serializer_class, suite, status=201)

    def _suite(self, pk: UUID) -> Any:
        found = selectors.visible_suites(actor=self.actor).filter(pk=pk).first()
        if found is None:
            raise NotFound(_("There are no such expectations here."))
        return found

    def _asked(self, request: Request) -> Any:
        return selectors.get_dataset(actor=self.actor, dataset_id=id_of(self.wanted(request, "dataset")))


class QuarantineViewSet(PortalViewSet):
    """Rows that were set aside of a version."""

    serializer_class = serializers.QuarantineSerializer
    permissions = {
        "list": Permission.DATASET_VIEW,
        "retrieve": Permission.DATASET_VIEW,
        "rows": Permission.DATASET_VIEW,
        "export": Permission.DATASET_VIEW,
        "mend": Permission.DATASET_CREATE,
        "give_up": Permission.DATASET_CREATE,
        "replay": Permission.DATASET_CREATE,
    }

    @extend_schema(parameters=[OpenApiParameter("dataset", OpenApiTypes.UUID)])
    def list(self, request: Request) -> Response:
        project = projects.get_project(actor=self.actor, slug=self.wanted(request, "project"))
        rows = selectors.visible_quarantines(actor=self.actor, project_id=project.pk)
        if asked := request.query_params.get("dataset"):
            rows = rows.filter(dataset_id=id_of(asked))
        return self.pages(rows, self.serializer_class)

    def retrieve(self, request: Request, pk: UUID) -> Response:
        return self.answer(self.serializer_class, self._quarantine(pk))

    @extend_schema(
        parameters=[
            OpenApiParameter("offset", OpenApiTypes.INT),
            OpenApiParameter("limit", OpenApiTypes.INT),
            OpenApiParameter("reason", OpenApiTypes.STR),
        ],
        responses=serializers.QuarantinedRows,
    )
    @action(detail=True)
    def rows(self, request: Request, pk: UUID) -> Response:
        asked = request.query_params
        found = services.rows_of(
            actor=self.actor,
            quarantine=self._quarantine(pk),
            offset=_whole(asked.get("offset", "0"), "offset"),
            limit=min(_whole(asked.get("limit", "50"), "limit"), _MOST_ROWS),
            reason=asked.get("reason", ""),
        )
        columns = [{"name": column.name, "type": column.type} for column in found.columns]
        rows = [
            {
                "number": row.number,
                "reasons": row.reasons,
                "mended": row.mended,
                "values": [_said(v) for v in row.values],
            }
            for row in found.rows
        ]
        return Response({"count": found.count, "columns": columns, "hidden": sorted(found.hidden), "rows": rows})

    @extend_schema(
        parameters=[OpenApiParameter("form", OpenApiTypes.STR, enum=["csv", "parquet"])],
        responses={(200, "text/csv"): OpenApiTypes.BINARY},
    )
    @action(detail=True)
    def export(self, request: Request, pk: UUID) -> HttpResponseBase:
        quarantine, form = self._quarantine(pk), request.query_params.get("form", "csv")
        rows = services.export_rows(actor=self.actor, quarantine=quarantine, form=form)
        return attached(rows, name=f"quarantine-{quarantine.pk}.{form}", kind=services.EXPORT_KINDS[form])

    @extend_schema(request=serializers.MendChoice, responses=serializers.ChangedRows)
    @action(detail=True, methods=["post"])
    def mend(self, request: Request, pk: UUID) -> Response:
        """Set a column in the chosen rows; they stay here until they are replayed."""
        body = self.body(serializers.MendChoice)
        rows = services.mend_rows(actor=self.actor, quarantine=self._quarantine(pk), **body)
        return Response({"rows": rows})

    @extend_schema(request=serializers.DiscardChoice, responses=serializers.ChangedRows)
    @action(detail=True, methods=["post"], url_path="discard")
    def give_up(self, request: Request, pk: UUID) -> Response:
        """Give the chosen rows up for good."""
        body = self.body(serializers.DiscardChoice)
        rows = services.discard_rows(actor=self.actor, quarantine=self._quarantine(pk), **body)
        return Response({"rows": rows})

    @extend_schema(request=serializers.RowsChoice, responses={202: datasets.VersionSerializer})
    @action(detail=True, methods=["post"])
    def replay(self, request: Request, pk: UUID) -> Response:
        """Begin a version of the newest one's rows and the chosen ones, which are checked anew."""
        body = self.body(serializers.RowsChoice)
        version = services.replay_rows(actor=self.actor, quarantine=self._quarantine(pk), **body)
        return self.answer(datasets.VersionSerializer, version, status=202)

    def _quarantine(self, pk: UUID) -> Any:
        return selectors.get_quarantine(actor=self.actor, quarantine_id=pk)


def id_of(text: str) -> UUID:
    """An id out of a query; what is none names nothing."""
    try:
        return UUID(text)
    except ValueError as error:
        raise NotFound(_("There is no such thing here.")) from error


def _whole(text: str, name: str) -> int:
    if (found := whole(text, digits=12)) is None:
        raise Invalid(_("“%(name)s” is a whole number from 0 on.") % {"name": name}, fields={name: [_("No number.")]})
    return found


def _said(value: Any) -> Any:
    """As JSON knows it; moments, lists and the like as text."""
    return value if value is None or isinstance(value, bool | int | str) else str(value)
