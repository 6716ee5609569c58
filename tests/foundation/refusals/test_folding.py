"""Refusals are told once per asker, route, status and window; what comes meanwhile is counted, and no count is lost."""

from __future__ import annotations

from datetime import timedelta

import pytest

from foundation import refusals
from foundation.clock import now
from foundation.ledger.models import LedgerEvent
from foundation.refusals import folding, noting
from foundation.refusals.events import AccessRefused
from foundation.refusals.models import RefusalWindow
from foundation.refusals.sayings import Asked
from tests.isolation.routes import every_route
from tests.support.people import make_person

MINUTE = timedelta(minutes=1)
ASKED = Asked.at("t/<slug:tenant>/data/<uuid:pk>/", method="GET", status=404, reason="not-found")


@pytest.fixture
def clock(monkeypatch):
    """A clock that the test turns."""

    class Clock:
        time = now()

        def __call__(self):
            return self.time

    clock = Clock()
    monkeypatch.setattr(noting, "now", clock)
    return clock


def counts(refused_events, tenant):
    return [event["count"] for event in refused_events(tenant)]


def test_the_first_is_told_at_once(scientist, tenant, refused_events):
    refusals.note(scientist, ASKED)

    (event,) = refused_events(tenant)
    assert (event["route"], event["method"], event["status"]) == ("t/:tenant/data/:pk", "GET", 404)
    assert (event["reason"], event["count"]) == ("not-found", 1)
    row = LedgerEvent.objects.get(kind="access.refused")
    assert (row.actor_kind, row.actor_id, row.request_id) == ("user", scientist.id, "test-request")
    assert (row.subject_kind, row.subject_id) == ("person", scientist.id)


def test_more_of_the_same_is_counted_and_told_when_the_window_has_ended(scientist, tenant, clock, refused_events):
    for _ in range(5):
        refusals.note(scientist, ASKED)
    assert counts(refused_events, tenant) == [1]

    assert refusals.close_ended_windows(now=clock.time + 9 * MINUTE) == 0
    assert refusals.close_ended_windows(now=clock.time + 10 * MINUTE) == 1
    assert counts(refused_events, tenant) == [1, 4]
    assert refusals.close_ended_windows(now=clock.time + 11 * MINUTE) == 0


def test_one_that_comes_after_the_window_tells_what_was_counted_in_it(scientist, tenant, clock, refused_events):
    for _ in range(3):
        refusals.note(scientist, ASKED)
    clock.time += 11 * MINUTE
    refusals.note(scientist, ASKED)
    refusals.note(scientist, ASKED)

    assert counts(refused_events, tenant) == [1, 3]
    refusals.close_ended_windows(now=clock.time + 10 * MINUTE)
    assert counts(refused_events, tenant) == [1, 3, 1], "five refusals, and five are told"


def test_the_closing_entry_is_written_as_whoever_was_refused(scientist, tenant, clock):
    refusals.note(scientist, ASKED)
    refusals.note(scientist, ASKED)
    refusals.close_ended_windows(now=clock.time + 10 * MINUTE)

    rows = LedgerEvent.objects.filter(kind="access.refused")
    assert {(row.actor_kind, row.actor_id, row.subject_kind) for row in rows} == {("user", scientist.id, "person")}


def test_another_person_route_or_status_has_a_window_of_its_own(scientist, viewer, tenant, refused_events):
    refusals.note(scientist, ASKED)
    refusals.note(viewer, ASKED)
    refusals.note(scientist, Asked.at("t/<slug:tenant>/", method="GET", status=404, reason="not-found"))
    refusals.note(scientist, Asked.at("t/<slug:tenant>/data/<uuid:pk>/", method="GET", status=403, reason="x"))
    assert counts(refused_events, tenant) == [1, 1, 1, 1]


def test_who_is_refused_everywhere_is_told_of_so_often_and_then_together(scientist, tenant, clock, refused_events):
    for number in range(folding.MOST_WINDOWS + 20):
        refusals.note(scientist, Asked.at(f"t/place-{number}/", method="GET", status=404, reason="not-found"))

    told = refused_events(tenant)
    assert len(told) == folding.MOST_WINDOWS + 1
    assert (told[-1]["route"], told[-1]["count"]) == ("more", 1)
    assert RefusalWindow.objects.count() == folding.MOST_WINDOWS + 1
    refusals.close_ended_windows(now=clock.time + 10 * MINUTE)
    assert sum(counts(refused_events, tenant)) == folding.MOST_WINDOWS + 20


def test_windows_are_forgotten_after_an_hour_and_then_there_is_room_again(scientist, tenant, clock, refused_events):
    for number in range(folding.MOST_WINDOWS + 1):
        refusals.note(scientist, Asked.at(f"t/place-{number}/", method="GET", status=404, reason="not-found"))
    clock.time += timedelta(hours=1)
    refusals.close_ended_windows(now=clock.time)
    assert not RefusalWindow.objects.exists()

    refusals.note(scientist, ASKED)
    assert refused_events(tenant)[-1]["route"] == "t/:tenant/data/:pk"


def test_what_is_told_is_the_template_and_a_digest_of_ids_never_what_was_typed():
    from uuid import UUID

    ids = {"tenant": "nadia@acme.test", "path": "a/b", "pk": UUID(int=7)}
    asked = Asked.at("^t/<slug:tenant>/<path:path>$", method="GET", status=404, reason="not-found", ids=ids)
    assert asked.route == "t/:tenant/:path"
    assert len(asked.ids) == 64
    only_words = Asked.at("t/<slug:tenant>/", method="GET", status=404, reason="x", ids={"tenant": "nadia"})
    assert only_words.ids == ""


def test_nothing_is_written_into_a_tenant_that_is_closed(tenant, refused_events):
    from dataclasses import replace

    person = make_person(tenant, "scientist")
    tenant.suspended_at = now()
    refusals.note(replace(person, tenant=tenant), ASKED)
    assert refused_events(tenant) == []


def test_a_question_and_a_closed_house_are_no_refusals():
    assert refusals.is_recorded(404, "not-found")
    assert not refusals.is_recorded(403, "step-up-required")
    assert not refusals.is_recorded(403, "second-factor-required")
    assert not refusals.is_recorded(403, "tenant-suspended")
    assert not refusals.is_recorded(409, "conflict")


def test_the_words_are_those_of_the_reader(scientist, tenant):
    from django.utils import translation

    from foundation import ledger
    from foundation.web.history import told

    refusals.note(scientist, ASKED)
    events = ledger.events_of(subject=("person", scientist.id))
    with translation.override("en"):
        assert told(events) == ["Refused: GET t/:tenant/data/:pk (404, no such thing that is theirs to see), counted 1"]


def test_every_address_of_the_portal_can_stand_on_the_ledger():
    templates = [str(route) for route in every_route()]
    assert ".well-known/security.txt" in templates
    for template in [*templates, "", "^$", "<path:rest>", "t/<slug:tenant>/" + "deep/" * 100]:
        asked = Asked.at(template, method="GET", status=404, reason="not-found")
        said = AccessRefused(
            route=asked.route, method=asked.method, status=404, reason="not-found", ids="", count=1, since=now()
        )
        assert said.payload()["route"] == asked.route
