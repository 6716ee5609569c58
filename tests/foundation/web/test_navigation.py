from __future__ import annotations

from types import SimpleNamespace
from uuid import uuid4

import pytest
from django.test import RequestFactory
from django.urls import resolve

from foundation.identity import Actor
from foundation.web import navigation


@pytest.fixture
def visit(monkeypatch):
    monkeypatch.setattr(navigation, "_counts", {})

    def at(address, role="admin"):
        request = RequestFactory().get(address)
        request.actor = Actor("user", uuid4(), SimpleNamespace(slug="demo", pk=uuid4()), "Somebody", role=role)
        request.project = SimpleNamespace(slug="flights")
        return request

    return at


def test_every_place_leads_to_a_page(visit):
    request = visit("/t/demo/p/flights/")
    for place in [*navigation.tenant_places(request), *navigation.project_places(request)]:
        resolve(place.url)


def test_the_place_of_the_page_is_marked(visit):
    request = visit("/t/demo/p/flights/data/42/")
    assert [place.icon for place in navigation.project_places(request) if place.current] == ["database"]
    assert not any(place.current for place in navigation.tenant_places(request))


def test_a_place_says_how_much_waits_there(visit, monkeypatch):
    monkeypatch.setattr(navigation, "_counts", {"approvals/": lambda actor: 3})
    waiting = {place.icon: place.count for place in navigation.tenant_places(visit("/t/demo/"))}
    assert waiting == {"home": 0, "clipboard-check": 3, "certificate": 0, "activity": 0, "settings": 0}


def test_a_place_that_would_refuse_is_not_offered(visit):
    assert [place.icon for place in navigation.tenant_places(visit("/t/demo/", role="member"))] == [
        "home",
        "clipboard-check",
        "settings",
    ]


def test_the_lists_of_a_place_are_offered_to_whoever_may_see_them(visit, monkeypatch):
    counts = {path: (lambda actor, project_id: 4) for path, _label, _needed in navigation.PARTS["data/"]}
    monkeypatch.setattr(navigation, "_part_counts", counts)
    request = visit("/t/demo/p/flights/data/streams/")
    request.project = SimpleNamespace(slug="flights", pk=uuid4())
    parts = navigation.project_parts(request, "data/")
    for part in parts:
        resolve(part.url)
    assert [str(part.label) for part in parts if part.current] == ["Streams"]
    assert len(parts) == 6 and {part.count for part in parts} == {4}
    request = visit("/t/demo/p/flights/data/", role="member")
    request.project = SimpleNamespace(slug="flights", pk=uuid4())
    assert navigation.project_parts(request, "data/") == []
