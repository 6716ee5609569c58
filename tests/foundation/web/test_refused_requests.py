"""Whoever is refused is on the ledger of their own tenant, and on nobody else's."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client

from foundation.access.models import Membership
from foundation.clock import now
from foundation.identity import tokens
from foundation.tenancy import scope


@pytest.fixture
def their_project(other_scientist, other_tenant):
    from apps.projects import services

    with scope(other_tenant.pk):
        return services.create_project(actor=other_scientist, slug="theirs", name="Theirs", purpose="Theirs")


def bearer(token):
    return Client(headers={"Authorization": f"Bearer {token}", "Accept": "application/json"})


def token_of(actor, **limits):
    with scope(actor.tenant_id):
        return tokens.create_token(tenant=actor.tenant, name="test", user=actor.user, **limits)


def told(events):
    return [(event["method"], event["route"], event["status"], event["reason"]) for event in events]


def test_an_id_of_another_tenant_in_an_address(
    client_as, scientist, tenant, other_tenant, their_project, refused_events
):
    client = client_as(scientist)
    assert client.get("/t/acme/p/theirs/").status_code == 404
    assert client.get(f"/t/acme/p/flights/data/{uuid4()}/").status_code == 404

    assert told(refused_events(tenant))[0] == ("GET", "t/:tenant/p/:project", 404, "not-found")
    assert refused_events(other_tenant) == []


def test_a_page_of_a_role_that_one_has_not(client_as, viewer, tenant, refused_events):
    assert client_as(viewer).get("/t/acme/settings/webhooks/").status_code == 403
    assert told(refused_events(tenant)) == [("GET", "t/:tenant/settings/webhooks", 403, "access-denied")]


def test_another_tenants_short_name_is_told_of_where_the_person_works(
    client_as, scientist, tenant, other_tenant, refused_events
):
    client = client_as(scientist)
    assert client.get("/t/acme/").status_code == 200
    assert client.get("/t/other/").status_code == 404
    assert client.get("/t/nobody-has-this/").status_code == 404

    (event,) = refused_events(tenant)
    assert (event["route"], event["status"], event["count"]) == ("t/:tenant", 404, 1)
    assert "other" not in str(event)
    assert refused_events(other_tenant) == []


def test_a_tenant_named_in_a_header_or_a_query(client_as, scientist, tenant, other_tenant, refused_events):
    client = client_as(scientist)
    assert client.get("/t/acme/").status_code == 200
    assert client.get("/api/v1/projects/", headers={"X-Sanad-Tenant": "other"}).status_code == 404
    assert client.get("/api/v1/datasets/?tenant=other", headers={"X-Sanad-Tenant": ""}).status_code == 404

    assert {event["route"] for event in refused_events(tenant)} == {"api/v1/projects", "api/v1/datasets"}
    assert refused_events(other_tenant) == []


def test_an_id_of_another_tenant_in_a_body(api_as, scientist, tenant, other_tenant, their_project, refused_events):
    answer = api_as(scientist).post(
        "/api/v1/datasets/", {"project": their_project.slug, "name": "x"}, content_type="application/json"
    )
    assert answer.status_code == 404, answer.content
    assert ("POST", "api/v1/datasets", 404, "not-found") in told(refused_events(tenant))
    assert refused_events(other_tenant) == []


def test_a_stranger_writes_on_nobodys_ledger(scientist, tenant, refused_events):
    assert Client().get("/t/acme/").status_code == 302
    assert bearer("snd_" + "x" * 43).get("/api/v1/projects/").status_code == 401
    assert Client().get("/api/v1/projects/").status_code == 401
    assert refused_events(tenant) == []


@pytest.mark.parametrize("why", ["token-expired", "token-revoked"])
def test_a_token_that_opens_nothing_any_more_is_told_to_its_tenant(scientist, tenant, refused_events, why):
    from foundation.ledger.models import LedgerEvent

    ends = now() - timedelta(seconds=1) if why == "token-expired" else now() + timedelta(days=1)
    row, text = token_of(scientist, expires_at=ends)
    if why == "token-revoked":
        tokens.revoke(row, now=now())
    for _ in range(3):
        assert bearer(text).get("/api/v1/projects/").status_code == 401

    (event,) = refused_events(tenant)
    assert told([event]) == [("GET", "api/v1/projects", 401, why)]
    entry = LedgerEvent.objects.get(kind="access.refused")
    assert (entry.actor_kind, entry.subject_kind, entry.subject_id) == ("system", "token", row.pk)


def test_a_good_token_at_another_tenants_address_is_told_to_its_own(scientist, tenant, other_tenant, refused_events):
    from foundation.ledger.models import LedgerEvent

    _, text = token_of(scientist)
    assert bearer(text).get("/t/other/").status_code == 404
    assert told(refused_events(tenant)) == [("GET", "t/:tenant", 404, "not-found")]
    assert LedgerEvent.objects.get(kind="access.refused").actor_id == scientist.id
    assert refused_events(other_tenant) == []


def test_a_token_made_for_another_project(api_as, scientist, project, tenant, refused_events):
    from apps.projects import services

    other = services.create_project(actor=scientist, slug="else", name="Else", purpose="Else")
    assert api_as(scientist, project_id=other.pk).get("/t/acme/p/flights/").status_code == 404
    assert told(refused_events(tenant)) == [("GET", "t/:tenant/p/:project", 404, "not-found")]


def test_a_token_from_a_place_that_it_does_not_open_from(scientist, tenant, refused_events):
    _, text = token_of(scientist, networks=["203.0.113.0/24"])
    assert bearer(text).get("/api/v1/projects/").status_code == 403
    assert told(refused_events(tenant)) == [("GET", "api/v1/projects", 403, "access-denied")]


def test_a_role_that_was_taken_away_during_the_session(client_as, admin, tenant, refused_events):
    client = client_as(admin)
    assert client.get("/t/acme/settings/webhooks/").status_code == 200
    Membership.objects.filter(user=admin.user).update(role="viewer")
    assert client.get("/t/acme/settings/webhooks/").status_code == 403
    assert told(refused_events(tenant)) == [("GET", "t/:tenant/settings/webhooks", 403, "access-denied")]


def test_a_removed_member_who_comes_back_to_the_door(client_as, scientist, tenant, other_tenant, refused_events):
    client = client_as(scientist)
    assert client.get("/t/acme/").status_code == 200
    Membership.objects.filter(user=scientist.user).delete()
    assert client.get("/t/acme/").status_code == 404
    assert told(refused_events(tenant)) == [("GET", "t/:tenant", 404, "not-found")]
    # Elsewhere they are nobody's any more.
    assert client.get("/t/other/").status_code == 404
    assert len(refused_events(tenant)) == 1
    assert refused_events(other_tenant) == []


def test_a_session_whose_own_form_was_forged(scientist, tenant, refused_events):
    client = Client(enforce_csrf_checks=True)
    client.force_login(scientist.user)
    assert client.post("/t/acme/settings/tokens/", {"name": "x"}).status_code == 403
    assert told(refused_events(tenant)) == [("POST", "t/:tenant/settings/tokens", 403, "access-denied")]


def test_an_operators_page_asked_for_by_somebody_else(client_as, scientist, tenant, refused_events):
    client = client_as(scientist, **{"X-Sanad-Tenant": ""})
    assert client.get("/t/acme/").status_code == 200
    assert client.get("/platform/").status_code == 404
    assert told(refused_events(tenant)) == [("GET", "platform", 404, "not-found")]


def test_a_mistyped_address_is_no_refusal(client_as, scientist, tenant, refused_events):
    client = client_as(scientist)
    assert client.get("/t/acme/no/such/page/").status_code == 404
    assert client.get("/nothing/").status_code == 404
    assert refused_events(tenant) == []


def test_what_is_allowed_costs_no_query_more(client_as, scientist, project, monkeypatch):
    """The same page, with what is recorded taken out: not a statement less."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from foundation.web import refused_requests

    def nobody_may_ask(*_given):
        raise AssertionError("an allowed request was looked at as a refused one")

    monkeypatch.setattr(refused_requests, "record", nobody_may_ask)
    client = client_as(scientist)
    with CaptureQueriesContext(connection) as asked:
        assert client.get("/t/acme/p/flights/").status_code == 200
    assert not [query for query in asked.captured_queries if "refus" in query["sql"]]


def test_a_refusal_that_cannot_be_recorded_stays_a_refusal(client_as, viewer, tenant, monkeypatch, caplog):
    from django.db import DatabaseError

    from foundation.refusals import noting

    def broken(*_given, **_named):
        raise DatabaseError("away")

    monkeypatch.setattr(noting, "fold", broken)
    with caplog.at_level("ERROR", logger="sanad.refusals"):
        assert client_as(viewer).get("/t/acme/settings/webhooks/").status_code == 403
    assert "could not be recorded" in caplog.text
