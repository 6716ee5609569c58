"""Requests a second: what the quota of a tenant or project allows is answered, what is more gets a sentence."""

from __future__ import annotations

import pytest

from gateway.problems import Refused
from gateway.rates import Rates
from gateway.routes import Route, RoutingTable
from tests.gateway.stage import Stage, wait_until

NOBODY = {"revisions": [], "tenant_id": "t", "project_id": "p", "deployment_id": "d"}


def route(tenant: int | None = None, project: int | None = None, **changes: str) -> Route:
    return Route.parse("acme/churn", {**NOBODY, **changes, "limits": {"tenant": tenant, "project": project}})


def taken(rates: Rates, one: Route, at: float, tries: int = 10) -> int:
    let_in = 0
    for _try in range(tries):
        try:
            rates.take(one, at)
        except Refused:
            continue
        let_in += 1
    return let_in


def test_without_a_limit_everything_is_let_in() -> None:
    assert taken(Rates(), route(), 0.0, 1000) == 1000


def test_as_many_as_a_second_brings_are_let_in_and_the_next_second_brings_more() -> None:
    rates, one = Rates(), route(tenant=3)
    assert taken(rates, one, 0.0) == 3
    assert taken(rates, one, 0.5) == 1
    assert taken(rates, one, 100.0) == 3


def test_deployments_of_a_tenant_share_its_bucket_and_projects_have_their_own() -> None:
    rates = Rates()
    first = route(tenant=4, project=1, project_id="p1")
    second = route(tenant=4, project_id="p2", deployment_id="e")
    assert taken(rates, first, 0.0) == 1
    # What the project refused has cost the tenant nothing.
    assert taken(rates, second, 0.0) == 3


def test_zero_lets_nothing_in_and_says_whose_quota_it_is() -> None:
    with pytest.raises(Refused) as refusal:
        Rates().take(route(project=0), 0.0)
    assert (refusal.value.status, refusal.value.slug, refusal.value.retry_after_s) == (429, "over-quota", 1)
    assert "The quota of the project allows 0 requests a second" in str(refusal.value)


def test_buckets_of_routes_that_are_gone_are_forgotten() -> None:
    rates = Rates()
    rates.take(route(tenant=3), 0.0)
    rates.follow(RoutingTable())
    assert not rates._buckets


def test_a_limit_outlives_a_restart_of_the_gateway() -> None:
    one = route(tenant=3, project=5)
    assert Route.parse("acme/churn", one.as_document()) == one


def test_a_limit_that_is_no_number_is_refused() -> None:
    with pytest.raises(ValueError, match="no number of requests"):
        route(tenant=-1)


def test_the_gateway_answers_429_with_a_sentence_and_follows_a_raised_quota(stage: Stage) -> None:
    replica = stage.start_replica("one")
    stage.route(revisions=[replica], limits={"tenant": 2, "project": None})
    stage.start_gateway()
    key = stage.key()
    answers = [stage.infer(key) for _ in range(20)]
    refused = [answer for answer in answers if answer.status == 429]
    assert refused
    assert answers[0].status == 200
    assert refused[0].headers["retry-after"] == "1"
    assert "The quota of the tenant allows 2 requests a second" in refused[0].json()["error"]
    # Whether it lives is asked without cost.
    path = "/inference/acme/churn/v2/health/ready"
    assert stage.ask("GET", path, headers={"Authorization": f"Bearer {key}"}).status == 200

    stage.route(revisions=[replica], limits={"tenant": None, "project": None})
    wait_until(lambda: all(stage.infer(key).status == 200 for _ in range(20)))
