"""Features online at the gateway: one question to the store, by a plan that the portal gave to this key."""

from __future__ import annotations

import json
import os
import time
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
import redis

from runtime.online import Derived, OnlineView, Plan, Writer, prefix_of
from runtime.online.plans import planned
from runtime.online.samples import FIELD, opened, queue_of
from tests.gateway.stage import Answer, Stage, wait_until

TENANT = str(uuid.uuid4())


class Views:
    """A view of the portal's, with its values in the store."""

    def __init__(self, url: str) -> None:
        self.client = redis.Redis.from_url(url)
        pk = uuid.uuid4()
        self.view = OnlineView(
            pk, "spending v1", prefix_of(pk), os.urandom(32), ("person",), ("spent", "mail"), 3_600_000_000
        )
        self.now_us = time.time_ns() // 1_000
        for person, spent, age_s in (("ann", 70, 0), ("bob", 0, 60), ("old", 9, 7200)):
            self.put(person, spent, age_s)
        self.client.set(self.view.marker, b"all")

    def put(self, person: str, spent: Any, age_s: int = 0) -> None:
        names = self.view.names.of([{"person": person}])
        entry = [self.now_us - age_s * 1_000_000, 0, [spent, f"{person}@example.ae"]]
        self.client.set(names[0], Writer(self.view, 1).sealed(names, [[entry]])[0])

    def said(self, **more: Any) -> dict[str, Any]:
        masks, derived, share = more.pop("masks", {}), more.pop("derived", ()), more.pop("share", 0.0)
        plan = Plan((planned(self.view, "seen", None, masks, share),), derived)
        about = {"tenant_id": TENANT, "project_id": "p", "limits": {"tenant": None, "project": None}}
        return {"allowed": True, "sentence": "", "plan": plan.as_document(), **about, **more}


@pytest.fixture
def views(stage: Stage) -> Iterator[Views]:
    stage.start_gateway()
    made = Views(stage.redis_url)
    stage.publish(features=made.said())
    yield made
    made.client.close()


def ask(stage: Stage, token: str, *people: Any, **more: Any) -> Answer:
    body = {"views": ["spending"], "project": "shop", "entities": [{"person": person} for person in people], **more}
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    return stage.ask("POST", "/features/online", json.dumps(body).encode(), headers)


def test_values_are_answered_and_what_is_missing_is_said(stage: Stage, views: Views) -> None:
    token = stage.key()
    answer = ask(stage, token, "ann", "bob", "old", "none")
    assert answer.status == 200 and answer.headers["cache-control"] == "no-store"
    ann, bob, old, none = answer.json()["results"]
    assert ann["features"] == {"spent": 70, "mail": "ann@example.ae"} and ann["entity"] == {"person": "ann"}
    assert bob["features"]["spent"] == 0 and bob["missing"] == []
    nothing = {"spent": None, "mail": None}
    assert (old["features"], old["missing"], old["expired"]) == (nothing, ["spending v1"], ["spending v1"])
    assert (none["features"], none["missing"], none["expired"]) == (nothing, ["spending v1"], [])
    for _again in range(5):
        assert ask(stage, token, "ann").json()["results"][0]["features"]["spent"] == 70
    assert [one for one in stage.events() if one.startswith("features")] == [
        'features {"views": ["spending"], "project": "shop"}'
    ]
    views.put("ann", 71)
    assert ask(stage, token, "ann").json()["results"][0]["features"]["spent"] == 71
    text = stage.inside("/internal/gateway/metrics").body.decode()
    assert 'sanad_gateway_requests_total{kind="features",status="2xx"} 7.0' in text

    # Whose masks change is shown them at once, and by nobody's memory in clear.
    stage.publish(features=views.said(masks={"mail": "email"}), features_version=1)
    wait_until(lambda: ask(stage, token, "ann").json()["results"][0]["features"]["mail"] == "a•••@•••.ae")

    stage.revoke(token)
    wait_until(lambda: ask(stage, token, "ann").status == 401)


def test_as_much_of_what_is_answered_goes_by_to_be_compared_as_the_plan_says(stage: Stage, views: Views) -> None:
    """Sealed, as it was served; without a share nothing does."""
    token, queue = stage.key(), queue_of(uuid.UUID(TENANT))
    ask(stage, token, "ann")
    stage.publish(features=views.said(share=1.0), features_version=1)
    wait_until(lambda: ask(stage, token, "bob").status == 200 and views.client.xlen(queue))
    first = opened(views.view, views.client.xrange(queue)[0][1][FIELD])
    assert (first.keys, first.values) == (("bob",), (0, "bob@example.ae"))
    before = views.client.xlen(queue)
    ask(stage, token, "none")
    wait_until(lambda: views.client.xlen(queue) > before)
    kept = views.client.xrange(queue)[-1][1][FIELD]
    assert b"none" not in kept
    nobody = opened(views.view, kept)
    assert (nobody.keys, nobody.values) == (("none",), None)


def test_a_store_that_forgot_is_said_and_told_to_the_portal_once(stage: Stage, views: Views) -> None:
    token = stage.key()
    views.client.flushall()
    for _again in range(3):
        (row,) = ask(stage, token, "ann").json()["results"]
        assert (row["features"]["spent"], row["not_online"]) == (None, ["spending v1"])
    told = f"forgotten {TENANT} {views.view.id}"
    wait_until(lambda: told in stage.events())
    assert stage.events().count(told) == 1


def test_whoever_may_not_or_asks_for_nothing_is_told_why(stage: Stage, views: Views) -> None:
    token = stage.key()
    assert ask(stage, "snd_" + "a" * 40, "ann").status == 401
    assert stage.ask("GET", "/features/online").status == 405
    assert stage.ask("POST", "/features/online", b"{}").status in {401, 422}
    for more, said in (
        ({"entities": []}, "entities"),
        ({"entities": [{"person": "x"}] * 1_001}, "At most 1000 entities"),
        ({"entities": [{}]}, "join key “person”"),
        ({"entities": [{"person": "x" * 10_000}]}, "longer than 1000 bytes"),
        ({"entities": [{"person": {"a": 1}}]}, "is no key"),
        ({"views": "spending"}, "list of texts"),
        ({"colour": 1}, "means nothing here"),
        ({"views": ["x" * 9_000]}, "too many"),
    ):
        answer = ask(stage, token, "ann", **more)
        assert (answer.status, said in answer.json()["detail"]) == (422, True), answer.body
    assert stage.ask("POST", "/features/online", b"{", {"Authorization": f"Bearer {token}"}).status == 400

    refusal = {"allowed": False, "sentence": "There is no feature view “x”.", "status": 404, "slug": "not-found"}
    stage.publish(features=refusal)
    answer = ask(stage, token, "ann", views=["x"])
    assert (answer.status, answer.json()["detail"]) == (404, "There is no feature view “x”.")

    stage.publish(features=views.said(limits={"tenant": 1, "project": None}), features_version=2)
    wait_until(lambda: ask(stage, token, "ann").status == 429)


def test_a_key_that_was_withdrawn_reads_nothing_more_though_its_plan_is_known(stage: Stage, views: Views) -> None:
    token, another = stage.key(), stage.key()
    for known in (token, another):
        assert ask(stage, known, "ann").json()["results"][0]["features"]["spent"] == 70
    stage.revoke(token)
    wait_until(lambda: ask(stage, token, "ann").status == 401)
    refused = ask(stage, token, "ann")
    assert refused.status == 401 and b"spent" not in refused.body
    assert ask(stage, another, "ann").json()["results"][0]["features"]["spent"] == 70


def test_a_value_that_was_moved_to_another_name_is_not_read(stage: Stage, views: Views) -> None:
    token = stage.key()
    ann, bob = (views.view.names.of([{"person": person}])[0] for person in ("ann", "bob"))
    assert ask(stage, token, "ann", "bob").status == 200
    views.client.set(bob, views.client.get(ann))
    answer = ask(stage, token, "bob")
    assert (answer.status, "cannot be opened" in answer.json()["detail"]) == (503, True)


def test_on_demand_features_of_a_service_are_reckoned_of_what_the_request_gives(stage: Stage, views: Views) -> None:
    derived = Derived(
        name="context v1",
        declared={"seats": "whole number"},
        inputs={"seats": "number", "spent": "number"},
        sources={"spent": views.view.id},
        features=(("each", "spent / seats"),),
        hidden=frozenset(),
    )
    stage.publish(features=views.said(derived=(derived,)), features_version=1)
    token = stage.key()
    given = [{"seats": 7}, {}]
    answer = ask(stage, token, "ann", "bob", requests=given)
    assert answer.status == 200, answer.body
    ann, bob = answer.json()["results"]
    assert (ann["features"]["each"], ann["not_given"]) == (10.0, [])
    assert (bob["features"]["each"], bob["not_given"]) == (None, ["seats"])
    beside = [{"entity": {"person": "ann"}, "request": given[0]}, {"entity": {"person": "bob"}}]
    assert ask(stage, token, entities=beside).json()["results"] == [ann, bob]
    (flat,) = ask(stage, token, entities=[{"person": "ann", "seats": 7}]).json()["results"]
    assert {**flat, "entity": {"person": "ann"}} == ann
    for more, said in (
        ({"requests": given[:1]}, "not as many requests"),
        ({"requests": [{"colour": 1}, {}]}, "no value “colour” to give. There are: seats"),
        ({"requests": [{"seats": "x"}, {}]}, "has to be a whole number"),
        ({"requests": {}}, "list of objects"),
    ):
        refused = ask(stage, token, "ann", "bob", **more)
        assert (refused.status, said in refused.json()["detail"]) == (422, True), refused.body
