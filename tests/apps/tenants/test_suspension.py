"""A member's place kept and closed by an administrator's hand, and opened again: on the page, by REST and client."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from apps.tenants import selectors, services
from foundation import ledger
from foundation.access.freshness import StepUpRequired
from foundation.access.models import Membership
from foundation.clock import now
from foundation.identity import tokens
from tests.support.people import make_person


def place_of(person):
    return Membership.objects.get(user=person.user)


def test_somebody_is_suspended_and_restored_on_their_page(client_as, admin, viewer):
    client, page = client_as(admin), f"/t/acme/settings/members/{place_of(viewer).pk}/"
    assert "Suspend member" in client.get(page).content.decode()
    answer = client.post(f"{page}suspend/")
    assert (answer.status_code, answer["Location"]) == (303, page)
    shown = client.get(page).content.decode()
    assert "the place is kept and opens nothing" in shown
    assert "Suspend member" not in shown
    assert "Viewer, suspended" in client.get("/t/acme/settings/members/").content.decode()
    assert client_as(viewer).get("/t/acme/settings/members/").status_code == 404

    assert client.post(f"{page}restore/").status_code == 303
    assert "Restore member" not in client.get(page).content.decode()
    assert client_as(viewer).get("/t/acme/settings/members/").status_code == 200
    kinds = [event.kind for event in ledger.events_of(subject=("membership", place_of(viewer).pk))]
    assert kinds == ["membership.restored", "membership.suspended"]


def test_whoever_is_suspended_reaches_nothing_and_the_page_says_so_first(admin, viewer):
    place = place_of(viewer)
    assert [one.what for one in selectors.reach_of(actor=admin, membership=place)] == ["Viewer"]
    place = services.suspend_member(actor=admin, membership=place, now=now())
    (line,) = selectors.reach_of(actor=admin, membership=place)
    assert (line.project, line.what) == (None, "Nothing")
    assert "suspended" in line.way


def test_rest_suspends_and_restores(api_as, admin, viewer):
    client, url = api_as(admin), f"/api/v1/members/{place_of(viewer).pk}/"
    theirs, text = tokens.create_token(tenant=admin.tenant, name="laptop", user=viewer.user)
    assert client.get(url).json()["suspended_at"] is None
    assert client.post(f"{url}suspend/").json()["suspended_at"]
    assert tokens.find_token(text, now=now()) is None
    assert client.post(f"{url}restore/").json()["suspended_at"] is None
    theirs.refresh_from_db()
    assert theirs.revoked_at is not None
    assert api_as(viewer).post(f"{url}suspend/").status_code == 403


def test_the_last_administrator_is_not_suspended(client_as, api_as, admin):
    url = f"members/{place_of(admin).pk}/suspend/"
    refused = api_as(admin).post(f"/api/v1/{url}")
    assert (refused.status_code, "only administrator" in refused.json()["detail"]) == (409, True)
    assert client_as(admin).post(f"/t/acme/settings/{url}").status_code == 409
    assert place_of(admin).suspended_at is None


def test_both_are_asked_of_a_fresh_session(admin, viewer, tenant):
    stale = replace(make_person(tenant, "admin", "second@acme.test"), stale=True)
    with pytest.raises(StepUpRequired):
        services.suspend_member(actor=stale, membership=place_of(viewer), now=now())
    place = services.suspend_member(actor=admin, membership=place_of(viewer), now=now())
    with pytest.raises(StepUpRequired):
        services.restore_member(actor=stale, membership=place)


def test_whom_a_removed_provider_suspended_an_administrator_restores(admin, tenant):
    from tests.apps.tenants.scim_stage import scim_of

    scim, provider = scim_of(tenant, admin, "acme.test")
    sara = scim.make("sara@acme.test", active=False).json()["id"]
    services.single_sign_on.remove_provider(actor=admin, provider=provider, now=now())
    place = services.restore_member(actor=admin, membership=Membership.objects.get(pk=sara))
    assert place.suspended_at is None


def test_what_is_sent_is_json_that_names_the_member(api_as, admin, viewer):
    listed = json.loads(api_as(admin).get("/api/v1/members/").content)["results"]
    assert {row["email"]: row["suspended_at"] for row in listed} == {
        "admin@acme.test": None,
        "viewer@acme.test": None,
    }
