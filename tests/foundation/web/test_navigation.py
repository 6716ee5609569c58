from __future__ import annotations

from types import SimpleNamespace

import pytest
from django.http import HttpResponse
from django.test import RequestFactory
from django.urls import path

from foundation.web import navigation


def page(request, **_words):
    return HttpResponse()


urlpatterns = [
    path("t/<slug:tenant>/", page),
    path("t/<slug:tenant>/approvals/", page),
    path("t/<slug:tenant>/p/<slug:project>/data/", page),
]


@pytest.fixture
def visit(settings, monkeypatch):
    settings.ROOT_URLCONF = __name__
    monkeypatch.setattr(navigation, "_counts", {})

    def at(address):
        request = RequestFactory().get(address)
        request.actor = SimpleNamespace(tenant=SimpleNamespace(slug="demo"))
        request.project = SimpleNamespace(slug="flights")
        return request

    return at


def test_places_without_a_route_are_not_shown(visit):
    assert [str(place.label) for place in navigation.tenant_places(visit("/t/demo/"))] == ["Home", "Approvals"]
    assert [str(place.label) for place in navigation.project_places(visit("/t/demo/"))] == ["Data"]


def test_the_place_of_the_page_is_marked(visit):
    request = visit("/t/demo/p/flights/data/42/")
    assert [place.current for place in navigation.project_places(request)] == [True]
    assert [place.current for place in navigation.tenant_places(request)] == [False, False]


def test_a_place_says_how_much_waits_there(visit, monkeypatch):
    monkeypatch.setattr(navigation, "_counts", {"approvals/": lambda actor: 3})
    assert [place.count for place in navigation.tenant_places(visit("/t/demo/"))] == [0, 3]
