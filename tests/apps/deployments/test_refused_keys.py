"""Keys that the gateway was shown and that open nothing stand on the ledger of the key's own tenant."""

from __future__ import annotations

from datetime import timedelta

import pytest

from apps.deployments import services
from foundation.clock import now
from foundation.identity import tokens
from foundation.ledger.models import LedgerEvent
from foundation.tenancy import scope


def check(token, tenant="acme", deployment="flowers"):
    digest = tokens.digest_of(token)
    answer = services.check_invocation(digest=digest, tenant_slug=tenant, deployment_slug=deployment, now=now())
    return answer["allowed"]


def key_of(actor, **limits):
    with scope(actor.tenant_id):
        return tokens.create_token(tenant=actor.tenant, name="key", user=actor.user, **limits)


def told(events):
    return [(event["method"], event["route"], event["status"], event["reason"], event["count"]) for event in events]


AT = ("POST", "inference/:tenant/:deployment")


def test_a_key_of_another_tenant_is_told_to_its_own(deployed, tenant, other_tenant, other_scientist, refused_events):
    deployed()
    _, key = key_of(other_scientist)
    assert not check(key)
    assert not check(key, deployment="nothing")

    assert told(refused_events(other_tenant)) == [(*AT, 403, "not-found", 1)]
    assert refused_events(tenant) == [], "the tenant that was asked for learns nothing of who asked"


def test_a_key_of_another_project(deployed, scientist, tenant, refused_events):
    from apps.projects import services as projects

    deployed()
    other = projects.create_project(actor=scientist, slug="else", name="Else", purpose="Else")
    assert not check(key_of(scientist, project_id=other.pk)[1])
    (event,) = refused_events(tenant)
    assert (event["route"], event["status"]) == (AT[1], 403)


def test_a_key_made_for_another_purpose(deployed, scientist, tenant, refused_events):
    deployed()
    assert not check(key_of(scientist, scopes=["deployment.view"])[1])
    assert told(refused_events(tenant)) == [(*AT, 403, "access-denied", 1)]


@pytest.mark.parametrize("why", ["token-expired", "token-revoked"])
def test_a_key_that_is_void(deployed, scientist, tenant, refused_events, why):
    deployed()
    row, key = key_of(scientist, expires_at=now() - timedelta(seconds=1) if why == "token-expired" else None)
    if why == "token-revoked":
        tokens.revoke(row, now=now())
    assert not check(key)
    assert not check(key)

    assert told(refused_events(tenant)) == [(*AT, 401, why, 1)]
    entry = LedgerEvent.objects.get(kind="access.refused")
    assert (entry.actor_kind, entry.subject_id) == ("system", row.pk)


def test_a_key_of_a_member_who_was_removed(deployed, scientist, tenant, refused_events):
    deployed()
    _, key = key_of(scientist)
    scientist.user.is_active = False
    scientist.user.save()
    assert not check(key)
    assert told(refused_events(tenant)) == [(*AT, 401, "not-found", 1)]


def test_a_forged_key_is_nobodys(deployed, tenant, other_tenant, refused_events):
    deployed()
    assert not check("snd_" + "f" * 43)
    assert refused_events(tenant) == refused_events(other_tenant) == []


def test_what_the_gateway_refused_by_itself_is_counted(deployed, scientist, tenant, refused_events):
    deployed()
    row, key = key_of(scientist)
    tokens.revoke(row, now=now())
    assert not check(key)
    services.note_refused_keys([{"digest": tokens.digest_of(key), "status": 401, "count": 41}])
    services.note_refused_keys([{"digest": "0" * 64, "status": 401, "count": 9}])

    from foundation import refusals

    refusals.close_ended_windows(now=now() + timedelta(minutes=10))
    assert [event["count"] for event in refused_events(tenant)] == [1, 41]


def test_a_good_key_from_a_place_that_it_does_not_open_from(deployed, scientist, tenant, refused_events):
    deployed()
    _, key = key_of(scientist, networks=["203.0.113.0/24"])
    services.note_refused_keys([{"digest": tokens.digest_of(key), "status": 403, "count": 3}])
    assert told(refused_events(tenant)) == [(*AT, 403, "access-denied", 3)]


def test_an_allowed_key_leaves_no_trace(deployed, scientist, tenant, refused_events):
    deployed()
    assert check(key_of(scientist)[1])
    assert refused_events(tenant) == []


def test_the_gateway_alone_is_heard(deployed, scientist, tenant, refused_events, settings):
    import time

    from django.test import Client

    from runtime.service_tokens import HEADER, Caller, pair_keys

    deployed()
    row, key = key_of(scientist)
    tokens.revoke(row, now=now())
    told_so, at = [{"digest": tokens.digest_of(key), "status": 401, "count": 2}], "/internal/gateway/refused"
    assert Client().post(at, told_so, content_type="application/json").status_code == 401
    assert refused_events(tenant) == []

    caller = Caller("gateway", "portal", pair_keys([settings.SANAD_GATEWAY_SECRET], "gateway", "portal"), time.time)
    client = Client(headers={HEADER: caller.for_request("POST", at)})
    assert client.post(at, told_so, content_type="application/json").json() == {"heard": 1}
    assert [event["count"] for event in refused_events(tenant)] == [2]
