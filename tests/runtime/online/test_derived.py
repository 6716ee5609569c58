"""On-demand features of a service: parted from the entities, checked, and reckoned of what was read."""

from __future__ import annotations

import uuid

import pytest

from runtime.masks import HIDDEN
from runtime.online import Derived, OnlineView, Plan, RequestRefused, check_requests, parted, prefix_of, results
from runtime.online.plans import planned
from runtime.online.reading import Answer, OfView

PK = uuid.UUID(int=7)
VIEW = OnlineView(PK, "delays v1", prefix_of(PK), b"s" * 32, ("carrier",), ("delay", "mail"), None)
DERIVED = Derived(
    name="context v1",
    declared={"booked": "moment", "seats": "whole number"},
    inputs={"booked": "moment", "delay": "number", "mail": "text", "seats": "number"},
    sources={"delay": PK, "mail": PK},
    features=(("each", "delay / seats"), ("at", "booked"), ("known", "is_missing(mail)")),
    hidden=frozenset({"known"}),
)
PLAN = Plan((planned(VIEW, "seen", [], {"mail": "email"}),), (DERIVED,))


def test_what_is_made_of_values_read_and_given() -> None:
    assert Plan.parse(PLAN.as_document()) == PLAN
    answer = Answer(3, [OfView(VIEW, [[10, "x"], None, [float("nan"), "x"]], [1, None, 1], [], {2: [0]}, True)])
    requests = [{"booked": "2024-05-01T22:30:00+04:00", "seats": 5}, {"seats": 5}, {"seats": 5, "booked": None}]
    first, second, third = results(PLAN, [{"carrier": n} for n in "abc"], answer, requests)
    assert first["features"] == {"each": 2.0, "at": "2024-05-01T18:30:00+00:00", "known": HIDDEN}
    assert second["features"] == {"each": None, "at": None, "known": HIDDEN}
    assert (first["not_given"], second["not_given"], second["missing"]) == ([], ["booked"], ["delays v1"])
    assert third["features"]["each"] is None
    assert "not_given" not in results(Plan(PLAN.views), [{"carrier": "a"}], Answer(0, []))[0]


@pytest.mark.parametrize(
    ("entities", "requests", "found"),
    [
        ([{"a": 1}], None, ([{"a": 1}], [{}])),
        ([{"a": 1}], [{"x": 2}], ([{"a": 1}], [{"x": 2}])),
        ([{"entity": {"a": 1}, "request": {"x": 2}}], None, ([{"a": 1}], [{"x": 2}])),
        ([{"request": {"x": 2}}], None, ([{}], [{"x": 2}])),
        ([{"entity": {"a": 1}}], [{"x": 2}], ([{"a": 1}], [{"x": 2}])),
        # A join key may be called so.
        (
            [{"entity": "AA"}, {"request": 7, "entity": "AA"}],
            None,
            ([{"entity": "AA"}, {"request": 7, "entity": "AA"}], [{}, {}]),
        ),
        ([{}], None, ([{}], [{}])),
    ],
)
def test_entities_and_their_requests_are_parted(entities, requests, found) -> None:
    assert parted(entities, requests) == found


def test_what_cannot_be_given_is_refused() -> None:
    for entities, requests, why in (([{"a": 1}], [{}, {}], "count"), ([{"request": {}}], [{"x": 1}], "twice")):
        with pytest.raises(RequestRefused) as refused:
            parted(entities, requests)
        assert refused.value.why == why
    for request, why in (
        ({"colour": 1}, "unknown"),
        ({"seats": 1.5}, "kind"),
        ({"seats": True}, "kind"),
        ({"seats": "5"}, "kind"),
        ({"booked": 5}, "kind"),
        ({"booked": "soon"}, "kind"),
        ({"delay": 3}, "unknown"),
    ):
        with pytest.raises(RequestRefused) as refused:
            check_requests([DERIVED], [{}, request])
        assert (refused.value.why, refused.value.place) == (why, 1)
    check_requests([DERIVED], [{"seats": 5.0, "booked": None}, {"booked": "2024-05-01"}])
