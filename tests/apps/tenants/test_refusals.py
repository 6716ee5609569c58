"""Attacks on members and invitations stand on the tenant's ledger, though what they asked for is undone."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from apps.tenants import services
from apps.tenants.models import Invitation
from foundation.access.models import Membership
from foundation.clock import now
from foundation.ledger.models import LedgerEvent
from tests.support.people import make_person

SECRET = "a long enough password"


def told(events):
    return [(event["method"], event["route"], event["status"], event["reason"]) for event in events]


def membership_of(actor):
    return Membership.objects.get(user=actor.user)


def link_of(admin, email="new@acme.test"):
    invitation, secret = services.invite(actor=admin, email=email, role="scientist", now=now())
    return invitation, f"/accounts/invitations/{secret}/", secret


def test_an_invitation_that_is_used_twice(admin, tenant, refused_events):
    invitation, address, secret = link_of(admin)
    services.accept_as_new_person(secret=secret, name="Nadia", password=SECRET, now=now())
    answer = Client().post(address, "name=Thief&password=x", content_type="application/x-www-form-urlencoded")

    assert answer.status_code == 404
    assert told(refused_events(tenant)) == [("POST", "accounts/invitations/:secret", 404, "invitation-accepted")]
    entry = LedgerEvent.objects.get(kind="access.refused")
    assert (entry.actor_kind, entry.subject_kind, entry.subject_id) == ("system", "membership", invitation.pk)
    assert secret not in str(entry.payload)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"withdrawn_at": now()}, "invitation-withdrawn"),
        ({"expires_at": now() - timedelta(days=1)}, "invitation-expired"),
    ],
)
def test_an_invitation_that_is_void(admin, tenant, refused_events, change, why):
    invitation, address, _ = link_of(admin)
    Invitation.objects.filter(pk=invitation.pk).update(**change)
    assert Client().get(address).status_code == 404
    assert told(refused_events(tenant)) == [("GET", "accounts/invitations/:secret", 404, why)]


def test_a_guessed_invitation_is_nobodys(admin, tenant, refused_events):
    link_of(admin)
    assert Client().get("/accounts/invitations/guessed/").status_code == 404
    assert refused_events(tenant) == []


def test_an_open_invitation_leaves_no_trace(admin, tenant, refused_events):
    _, address, _ = link_of(admin)
    assert Client().get(address).status_code == 200
    assert refused_events(tenant) == []


def test_the_last_administrator_removing_themself(client_as, admin, tenant, refused_events):
    client = client_as(admin)
    begun = client.session
    begun["tenant"] = "acme"
    begun.save()
    answer = client.post(f"/t/acme/settings/members/{membership_of(admin).pk}/remove/")

    assert answer.status_code == 409, answer.content
    assert membership_of(admin).role == "admin"
    assert told(refused_events(tenant)) == [
        ("POST", "t/:tenant/settings/members/:membership_id/remove", 409, "conflict")
    ]


def test_the_last_administrator_giving_themself_less(client_as, admin, tenant, refused_events):
    answer = client_as(admin).post(f"/t/acme/settings/members/{membership_of(admin).pk}/", {"role": "viewer"})

    assert answer.status_code == 422
    assert membership_of(admin).role == "admin"
    (event,) = refused_events(tenant)
    assert (event["route"], event["status"]) == ("t/:tenant/settings/members/:membership_id", 422)


def test_a_conflict_that_is_a_slip_is_not_told(client_as, admin, tenant, refused_events):
    make_person(tenant, "scientist")
    sent = {"email": "scientist@acme.test", "role": "viewer"}
    assert client_as(admin).post("/t/acme/settings/members/", sent).status_code in {200, 409, 422}
    assert refused_events(tenant) == []


def test_a_member_who_is_given_less_is_refused_at_the_next_request(client_as, admin, tenant, refused_events):
    second = make_person(tenant, "admin", "second@acme.test")
    client = client_as(second)
    assert client.get("/t/acme/settings/webhooks/").status_code == 200
    services.change_role(actor=admin, membership=membership_of(second), role="viewer")
    assert client.get("/t/acme/settings/webhooks/").status_code == 403

    assert told(refused_events(tenant)) == [("GET", "t/:tenant/settings/webhooks", 403, "access-denied")]
    assert LedgerEvent.objects.get(kind="access.refused").actor_id == second.id
