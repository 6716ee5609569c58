"""Tokens that open from some networks alone: made, widened by nobody, asked for at every door."""

from datetime import timedelta

import pytest
from django.test import Client

from apps.tenants import services
from foundation.access.actors import ANYWHERE, actor_for_token
from foundation.clock import now
from foundation.errors import AccessDenied, Invalid
from foundation.identity import tokens

OFFICE = "203.0.113.0/24"
PAGE = "/t/acme/settings/tokens/"


MOMENT = now()


def make(actor, *networks):
    moment, ends = MOMENT, MOMENT + timedelta(days=7)
    given = {"name": "office", "scopes": ["*"], "expires_at": ends, "now": moment, "networks": networks}
    return services.create_token(actor=actor, **given)


def ask(text, address):
    headers = {"Authorization": f"Bearer {text}", "X-Forwarded-For": address}
    return Client(headers=headers).get("/api/v1/projects/", REMOTE_ADDR="")


def test_a_token_opens_from_its_networks_alone(scientist):
    row, text = make(scientist, OFFICE, "2001:db8::7")

    assert row.networks == [OFFICE, "2001:db8::7/128"]
    assert [ask(text, place).status_code for place in ("203.0.113.9", "2001:db8::7")] == [200, 200]
    refused = ask(text, "198.51.100.1")
    assert refused.status_code == 403
    assert "may not be used from 198.51.100.1" in refused.json()["detail"]


def test_an_address_written_as_one_of_version_six_is_the_same_address(scientist):
    row, _text = make(scientist, OFFICE)
    assert tokens.opens_from(row, "::ffff:203.0.113.9")
    assert not tokens.opens_from(row, "::ffff:198.51.100.1")
    assert not tokens.opens_from(row, None)


def test_a_refused_place_is_not_noted_as_a_use(scientist):
    row, text = make(scientist, OFFICE)
    ask(text, "198.51.100.1")

    row.refresh_from_db()
    assert row.last_used_at is None


@pytest.mark.parametrize("text", ["office", "203.0.113.9/24", "203.0.113.0/33", "10.0.0.0 - 10.0.0.9"])
def test_what_is_no_network_is_named_at_its_field(scientist, text):
    with pytest.raises(Invalid) as refusal:
        make(scientist, text)
    assert text in refusal.value.fields["networks"][0]


def test_a_token_makes_none_that_opens_from_elsewhere(scientist):
    row, _text = make(scientist, OFFICE)
    limited = actor_for_token(row=row, address="203.0.113.9")

    assert make(limited)[0].networks == [OFFICE]
    assert make(limited, "203.0.113.64/26")[0].networks == ["203.0.113.64/26"]
    with pytest.raises(AccessDenied, match="does not open from"):
        make(limited, "203.0.0.0/16")


def test_whoever_looks_at_the_place_itself_gets_the_actor(scientist):
    row, _text = make(scientist, OFFICE)
    assert actor_for_token(row=row, address=ANYWHERE).user == scientist.user
    with pytest.raises(AccessDenied, match="inside the portal"):
        actor_for_token(row=row, address=None)


def test_the_form_takes_one_network_in_a_line_and_the_list_shows_them(client_as, scientist):
    client, new = client_as(scientist), {"name": "office", "level": "read", "days": "30"}
    assert client.post(PAGE, {**new, "networks": "nonsense"}).context["form"].errors["networks"]

    page = client.post(PAGE, {**new, "networks": f"{OFFICE}\n198.51.100.7"}).content.decode()
    assert f"{OFFICE} 198.51.100.7/32" in page
