"""The card of a dataset: its text in editions, and what evidence says."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.datasets import selectors, services
from foundation.clock import now
from foundation.web.api import PortalViewSet
from foundation.web.editions import editions
from foundation.web.editions_api import EditionSerializer, RestoreWanted


class FactSerializer(serializers.Serializer[Any]):
    """One fact and what proves it, in words."""

    name = serializers.CharField()
    value = serializers.CharField()
    evidence = serializers.CharField()


class CardSerializer(serializers.Serializer[Any]):
    """`text` is what people say, `facts` what is known by evidence, `markdown` both as a file; `edition` is 0 until the
    text is changed for the first time."""

    text = serializers.CharField()
    edition = serializers.IntegerField()
    facts = FactSerializer(many=True)
    markdown = serializers.CharField()


class CardMixin(PortalViewSet):
    """The card's routes."""

    @extend_schema(responses=CardSerializer)
    @action(detail=True, methods=["get"])
    def card(self, request: Request, pk: UUID) -> Response:
        """What people say of the dataset, and what is known of it by evidence."""
        return self.answer(CardSerializer, self._card(pk))

    @extend_schema(responses=EditionSerializer(many=True))
    @action(detail=True, methods=["get"])
    def editions(self, request: Request, pk: UUID) -> Response:
        """What the card's text was, the newest edition first."""
        dataset = selectors.get_dataset(actor=self.actor, dataset_id=pk)
        return self.pages(editions(selectors.about_card(dataset)), EditionSerializer, ordering=("-number",))

    @extend_schema(request=RestoreWanted, responses=CardSerializer)
    @action(detail=True, methods=["post"], url_path="restore-card")
    def restore_card(self, request: Request, pk: UUID) -> Response:
        """The text of an earlier edition counts again, as a new one."""
        dataset, body = selectors.get_dataset(actor=self.actor, dataset_id=pk), self.body(RestoreWanted)
        services.restore_card(actor=self.actor, dataset=dataset, number=body["edition"], why=body["why"])
        return self.answer(CardSerializer, self._card(pk))

    def _card(self, pk: UUID) -> dict[str, Any]:
        dataset, moment = selectors.get_dataset(actor=self.actor, dataset_id=pk), now()
        found = selectors.card_facts(actor=self.actor, dataset=dataset, now=moment)
        newest = editions(selectors.about_card(dataset)).first()
        return {
            "text": dataset.description,
            "edition": newest.number if newest else 0,
            "facts": services.facts_in_words(dataset, found),
            "markdown": services.card_as_markdown(actor=self.actor, dataset=dataset, now=moment),
        }
