from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.datasets import selectors as datasets
from apps.projects import selectors as projects
from apps.streams import policies, selectors, services
from apps.streams.api import serializers
from apps.streams.api.parsers import EventsParser
from foundation.access import Permission
from foundation.clock import now
from foundation.errors import Invalid
from foundation.web.api import PortalViewSet

_BODIES = {"application/json": OpenApiTypes.OBJECT, "application/x-ndjson": OpenApiTypes.BINARY}


class StreamViewSet(PortalViewSet):
    """Events on their way into datasets: from Valkey, Redis or Kafka, or pushed here."""

    serializer_class = serializers.StreamSerializer
    only_read = frozenset({"suggest"})
    permissions = {
        **dict.fromkeys(("list", "retrieve", "quarantine", "quarantined"), Permission.STREAM_VIEW),
        **dict.fromkeys(
            ("create", "suggest", "partial_update", "destroy", "pause", "resume", "cut", "replay", "discard", "mend"),
            Permission.STREAM_MANAGE,
        ),
        "events": Permission.STREAM_PUSH,
    }

    @extend_schema(parameters=[OpenApiParameter("project", str, description="Of this project alone.")])
    def list(self, request: Request) -> Response:
        project_id = None
        if slug := request.query_params.get("project"):
            project_id = projects.get_project(actor=self.actor, slug=slug).pk
        rows = selectors.visible_streams(actor=self.actor, project_id=project_id)
        return self.pages(rows, self.serializer_class, ordering=("-created_at",))

    def retrieve(self, request: Request, pk: UUID) -> Response:
        return self.answer(self.serializer_class, self._stream(pk))

    @extend_schema(request=serializers.StreamWanted)
    def create(self, request: Request) -> Response:
        body = self.body(serializers.StreamWanted)
        pk, slug = body.pop("dataset", None), body.pop("project", "")
        if not pk and not slug:
            sentence = _("Name the dataset that it feeds, or the project in which one is made.")
            raise Invalid(sentence, fields={"dataset": [sentence]})
        words: dict[str, Any] = {"connection_id": body.pop("connection", None), **_plain(body)}
        words["dataset"] = datasets.get_dataset(actor=self.actor, dataset_id=pk) if pk else None
        words["project"] = None if pk else projects.get_project(actor=self.actor, slug=slug)
        made = services.create_stream(actor=self.actor, now=now(), **words)
        return self.answer(self.serializer_class, self._stream(made.pk), status=201)

    @extend_schema(request=serializers.ExamplesWanted, responses=serializers.ColumnWanted(many=True), filters=False)
    @action(detail=False, methods=["post"], pagination_class=None)
    def suggest(self, request: Request) -> Response:
        """The columns that the first events suggest; nothing is made."""
        body = self.body(serializers.ExamplesWanted)
        project = projects.get_project(actor=self.actor, slug=body.pop("project"))
        connection_id, examples = body.pop("connection", None), [one.encode() for one in body.pop("examples", [])]
        found = services.suggest_columns(
            actor=self.actor, project_id=project.pk, connection_id=connection_id, examples=examples, **body
        )
        return Response(serializers.ColumnWanted(found, many=True).data)

    @extend_schema(request=serializers.StreamChange)
    def partial_update(self, request: Request, pk: UUID) -> Response:
        stream = self._stream(pk)
        # Before the body is looked at: whoever may not is told that, and not what is wrong with it.
        policies.check_can_manage(self.actor, stream)
        words = _plain(self.body(serializers.StreamChange))
        services.edit_stream(actor=self.actor, stream=stream, **words)
        return self.answer(self.serializer_class, self._stream(pk))

    def destroy(self, request: Request, pk: UUID) -> Response:
        """Its rows stay; what it set aside goes."""
        services.delete_stream(actor=self.actor, stream=self._stream(pk))
        return Response(status=204)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def pause(self, request: Request, pk: UUID) -> Response:
        services.pause_stream(actor=self.actor, stream=self._stream(pk))
        return self.answer(self.serializer_class, self._stream(pk))

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def resume(self, request: Request, pk: UUID) -> Response:
        """Let it go on where it stopped."""
        services.resume_stream(actor=self.actor, stream=self._stream(pk))
        return self.answer(self.serializer_class, self._stream(pk))

    @extend_schema(request=None, responses={202: serializers.CutSerializer})
    @action(detail=True, methods=["post"])
    def cut(self, request: Request, pk: UUID) -> Response:
        """Make a version of the dataset out of what came so far."""
        version = services.cut_stream(actor=self.actor, stream=self._stream(pk), now=now())
        return self.answer(serializers.CutSerializer, version, status=202)

    @extend_schema(request=_BODIES, responses={202: serializers.PushedSerializer})
    @action(detail=True, methods=["post"], parser_classes=[EventsParser])
    def events(self, request: Request, pk: UUID) -> Response:
        """Send events: a JSON array, or one in each line, also as `Content-Encoding: gzip`; 12 MB and 10,000 at most.

        Of Avro and Protobuf each is in base64. Sent again under the same Idempotency-Key they are taken once.
        """
        stream = selectors.pushed_stream(actor=self.actor, stream_id=pk)
        packed = request.headers.get("Content-Encoding", "").lower() == "gzip"
        # Of a request without a body no parser is asked.
        body = request.data if isinstance(request.data, bytes) else b""
        bodies = services.events_in(body, format=stream.format, packed=packed)
        once = request.headers.get("Idempotency-Key", "")
        pushed = services.push_events(actor=self.actor, stream=stream, bodies=bodies, once=once)
        return self.answer(serializers.PushedSerializer, pushed, status=202)

    @extend_schema(responses=serializers.AsideSerializer(many=True), filters=False)
    @action(detail=True, methods=["get"], pagination_class=None)
    def quarantine(self, request: Request, pk: UUID) -> Response:
        """What lies in quarantine, by rule and column."""
        counts = selectors.aside_counts(actor=self.actor, stream=self._stream(pk))
        return Response(serializers.AsideSerializer(counts, many=True).data)

    @extend_schema(
        parameters=[
            OpenApiParameter("rule", str, description="Of this rule alone."),
            OpenApiParameter("column", str, description="Of this column alone."),
        ],
        responses=serializers.AsideEventSerializer(many=True),
        filters=False,
    )
    @action(detail=True, methods=["get"], url_path="quarantine/events", pagination_class=None)
    def quarantined(self, request: Request, pk: UUID) -> Response:
        """The newest 50 events in quarantine, with the values that fit, and never what came itself."""
        rule, column = (request.query_params.get(name, "") for name in ("rule", "column"))
        found = selectors.aside_events(actor=self.actor, stream=self._stream(pk), rule=rule, column=column)
        return Response(serializers.AsideEventSerializer(found, many=True).data)

    @extend_schema(request=serializers.EventMend, responses={200: serializers.StreamSerializer})
    @action(detail=True, methods=["post"], url_path="quarantine/mend")
    def mend(self, request: Request, pk: UUID) -> Response:
        """Make a row of one event in quarantine, with new values in the place of those that do not fit."""
        services.mend_event(actor=self.actor, stream=self._stream(pk), **self.body(serializers.EventMend))
        return self.answer(self.serializer_class, self._stream(pk))

    @extend_schema(request=None, responses={202: serializers.StreamSerializer})
    @action(detail=True, methods=["post"], url_path="quarantine/replay")
    def replay(self, request: Request, pk: UUID) -> Response:
        """Read the quarantined events again, as the stream is told now."""
        services.replay_quarantine(actor=self.actor, stream=self._stream(pk))
        return self.answer(self.serializer_class, self._stream(pk), status=202)

    @extend_schema(request=None, responses={200: serializers.StreamSerializer})
    @action(detail=True, methods=["post"], url_path="quarantine/discard")
    def discard(self, request: Request, pk: UUID) -> Response:
        """Drop what lies in quarantine."""
        services.discard_quarantine(actor=self.actor, stream=self._stream(pk))
        return self.answer(self.serializer_class, self._stream(pk))

    def _stream(self, pk: UUID) -> Any:
        return selectors.get_stream(actor=self.actor, stream_id=pk)


def _plain(body: dict[str, Any]) -> dict[str, Any]:
    columns = body.get("columns")
    return {**body, "columns": [dict(column) for column in columns]} if columns is not None else body
