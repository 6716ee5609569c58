"""What the gateway asks the portal: its table when it changed, what was revoked, whether a token opens an address."""

import json
import time
from datetime import timedelta

import pytest
from django.test import Client

from apps.deployments import services
from apps.tenants import services as tenants
from foundation.clock import now
from foundation.identity import neighbours, tokens
from foundation.identity.models import ApiToken, ServiceCall
from foundation.tenancy import scope
from runtime.service_tokens import HEADER, Caller, pair_keys
from tests.support.people import make_person


class Gateway:
    """Signs each of its questions, unless it is told what to show."""

    def __init__(self, secrets, clock=time.time, name="gateway", receiver="portal"):
        self.caller = Caller(name, receiver, pair_keys(secrets, name, receiver), clock)

    def get(self, path, shown=None):
        token = shown or self.caller.for_request("GET", path)
        return Client(headers={HEADER: token}).get(path)

    def post(self, path, asked, shown=None):
        token = shown or self.caller.for_request("POST", path)
        return Client(headers={HEADER: token}).post(path, asked, content_type="application/json")


@pytest.fixture
def gateway(settings):
    return Gateway([settings.SANAD_GATEWAY_SECRET])


def state(gateway, version=-1, after=0):
    return gateway.get(f"/internal/gateway/state?routes_version={version}&revocations_after={after}").json()


def check(gateway, token, tenant="acme", deployment="flowers", address="door"):
    asked = {"digest": tokens.digest_of(token), "tenant": tenant, "deployment": deployment, "address": address}
    return gateway.post("/internal/gateway/token", asked).json()


@pytest.fixture
def token_of(tenant):
    def make(actor, **limits):
        return tokens.create_token(tenant=tenant, name="test", user=actor.user, **limits)[1]

    return make


STATE, TOKEN = "/internal/gateway/state", "/internal/gateway/token"


def test_nobody_but_the_gateway_is_answered(deployed, settings):
    guesses = ["", "guess", "é", settings.SANAD_GATEWAY_SECRET]
    for client in (Client(), *(Client(headers={HEADER: shown}) for shown in guesses)):
        assert client.get(STATE).status_code == 401
        assert client.post(TOKEN, "{}", content_type="application/json").status_code == 401


def test_without_a_secret_nobody_is_let_in(settings):
    settings.SANAD_GATEWAY_SECRET = ""
    assert Gateway([""]).get(STATE).status_code == 401


def test_a_token_is_for_one_service_and_of_one_service(db, settings):
    secrets = [settings.SANAD_GATEWAY_SECRET]
    assert Gateway(secrets).get(STATE).status_code == 200
    assert Gateway(secrets, receiver="replica:1:1").get(STATE).status_code == 401
    assert Gateway(secrets, name="mlflow").get(STATE).status_code == 401


def test_a_token_of_another_request_opens_nothing(gateway, deployed):
    deployed()
    shown = gateway.caller.for_request("GET", STATE)
    assert gateway.get(f"{STATE}?routes_version=1", shown).status_code == 401
    assert gateway.post(TOKEN, {}, shown).status_code == 401
    assert gateway.get(STATE, gateway.caller.standing()).status_code == 401


def test_a_question_that_was_overheard_is_not_answered_again(gateway, deployed, scientist, token_of, settings):
    deployed()
    asked = {"digest": tokens.digest_of(token_of(scientist)), "tenant": "acme", "deployment": "flowers"}
    shown = gateway.caller.for_request("POST", TOKEN)

    assert gateway.post(TOKEN, asked, shown).json()["allowed"]
    neighbours._portal.cache_clear()  # as another process of the portal sees it
    refused = gateway.post(TOKEN, asked, shown)
    assert (refused.status_code, refused.json()["detail"]) == (401, "The service token was used already.")


def test_numbers_of_used_tokens_are_forgotten_with_the_tokens(gateway, deployed, scientist, token_of):
    deployed()
    check(gateway, token_of(scientist))
    assert ServiceCall.objects.count() == 1
    tenants.forget_expired_tokens(now=now())
    assert ServiceCall.objects.count() == 1
    tenants.forget_expired_tokens(now=now() + timedelta(minutes=2))
    assert ServiceCall.objects.count() == 0


def test_clocks_may_differ_a_little_and_no_more(db, settings):
    secrets = [settings.SANAD_GATEWAY_SECRET]
    for seconds, status in [(4, 200), (-30, 200), (20, 401), (-60, 401)]:
        assert Gateway(secrets, clock=lambda s=seconds: time.time() + s).get(STATE).status_code == status, seconds


def test_the_secret_before_counts_while_both_are_named(db, settings):
    before, newest = settings.SANAD_GATEWAY_SECRET, "n" * 64
    settings.SANAD_GATEWAY_SECRET = f"{newest}\n{before}"
    assert Gateway([before]).get(STATE).status_code == 200
    assert Gateway([newest]).get(STATE).status_code == 200
    assert Gateway([newest, before]).get(STATE).status_code == 200
    settings.SANAD_GATEWAY_SECRET = newest
    assert Gateway([before]).get(STATE).status_code == 401
    assert Gateway([newest, before]).get(STATE).status_code == 200, "whoever has not heard yet that one is over"


def test_the_table_comes_whole_and_then_only_when_it_changed(gateway, deployed, scientist):
    deployment = deployed(revisions=2)
    first = state(gateway)
    route = first["routes"]["acme/flowers"]

    assert route["deployment_id"] == str(deployment.pk)
    assert route["model"] == "flowers"
    assert [(r["number"], r["weight"], r["attempt"]) for r in route["revisions"]] == [(2, 100, 1)]
    assert state(gateway, first["routes_version"])["routes"] is None
    services.roll_back(actor=scientist, deployment=deployment)
    changed = state(gateway, first["routes_version"])
    assert changed["routes_version"] > first["routes_version"]
    assert [r["number"] for r in changed["routes"]["acme/flowers"]["revisions"]] == [1]


@pytest.mark.parametrize(("state_of_all", "starting"), [("starting", True), ("stopped", False), ("ready", False)])
def test_the_table_says_whether_somebody_is_on_the_way_where_nobody_serves(gateway, deployed, state_of_all, starting):
    deployment = deployed(revisions=1)
    deployment.revisions.update(state=state_of_all)
    assert state(gateway)["routes"]["acme/flowers"]["starting"] is starting


def test_the_table_holds_every_tenant(gateway, deployed, other_tenant):
    deployed()
    with scope(other_tenant.pk):
        person = make_person(other_tenant, "scientist")
    assert person.tenant == other_tenant
    assert set(state(gateway)["routes"]) == {"acme/flowers"}


def test_a_token_with_the_right_opens_the_address(gateway, deployed, scientist, token_of):
    deployed()
    answer = check(gateway, token_of(scientist))

    assert (answer["allowed"], answer["actor"]) == (True, f"user:{scientist.id}")
    assert answer["expires_at"] is None


def test_a_token_for_predictions_alone_is_enough(gateway, deployed, scientist, token_of):
    deployed()
    assert check(gateway, token_of(scientist, scopes=["deployment.invoke"]))["allowed"]
    refused = check(gateway, token_of(scientist, scopes=["deployment.view"]))
    assert not refused["allowed"] and "deployment.invoke" in refused["sentence"]


def test_a_viewer_may_not_ask(gateway, deployed, viewer, token_of):
    deployed()
    assert not check(gateway, token_of(viewer))["allowed"]


def test_another_tenants_token_learns_nothing(gateway, deployed, other_tenant, other_scientist):
    deployed()
    with scope(other_tenant.pk):
        token = tokens.create_token(tenant=other_tenant, name="test", user=other_scientist.user)[1]
    known, unknown = check(gateway, token), check(gateway, token, deployment="nothing")

    assert not known["allowed"]
    assert known["sentence"] == unknown["sentence"] == "This token does not open this address."


def test_a_token_of_another_project_does_not_open(gateway, deployed, scientist, token_of):
    from apps.projects import services as projects

    deployed()
    other = projects.create_project(actor=scientist, slug="else", name="Else", purpose="Else")
    assert not check(gateway, token_of(scientist, project_id=other.pk))["allowed"]


def test_unknown_expired_and_revoked_tokens_are_refused_and_revocations_are_told(
    gateway, deployed, scientist, token_of, tenant
):
    deployed()
    assert "unknown" in check(gateway, "snd_never")["sentence"]
    assert not check(gateway, token_of(scientist, expires_at=now() - timedelta(seconds=1)))["allowed"]
    row, text = tokens.create_token(tenant=tenant, name="test", user=scientist.user)
    after = state(gateway)["revocations_after"]
    tenants.revoke_token(actor=scientist, token=row, now=now())
    told = state(gateway, after=after)

    assert not check(gateway, text)["allowed"]
    assert tokens.digest_of(text) in told["revoked"]
    assert told["revocations_after"] > after
    assert state(gateway, after=told["revocations_after"])["revoked"] == []


def test_a_deactivated_member_is_refused(gateway, deployed, scientist, token_of):
    deployed()
    token = token_of(scientist)
    scientist.user.is_active = False
    scientist.user.save()
    assert not check(gateway, token)["allowed"]


def test_the_answer_is_json_for_the_gateway(gateway, deployed, scientist, token_of):
    deployed()
    assert json.dumps(state(gateway))
    assert set(check(gateway, token_of(scientist))) == {"allowed", "sentence", "actor", "expires_at", "networks"}


def test_the_gateway_is_told_from_where_a_token_opens(gateway, deployed, scientist, token_of):
    deployed()
    token = token_of(scientist, networks=["203.0.113.0/24"])

    assert check(gateway, token, address="198.51.100.1")["networks"] == ["203.0.113.0/24"]
    assert check(gateway, token, address="198.51.100.1")["allowed"] is True, "the gateway looks at the place itself"


def test_a_token_used_at_the_gateway_says_when_and_from_where(gateway, deployed, scientist, token_of, tenant):
    deployed()
    used, denied, inside = token_of(scientist), token_of(scientist, scopes=["run.view"]), token_of(scientist)
    check(gateway, used, address="203.0.113.7")
    check(gateway, denied, address="203.0.113.7")
    check(gateway, inside)

    with scope(tenant.pk):
        rows = [ApiToken.objects.get(digest=tokens.digest_of(token)) for token in (used, denied, inside)]
    assert [row.last_used_at is not None for row in rows] == [True, False, True]
    assert [row.last_used_from for row in rows] == ["203.0.113.7", None, None]
