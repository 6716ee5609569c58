"""Answers of an OpenID provider that let nobody in: faulty, stolen, of another sign-in, or brought twice."""

from __future__ import annotations

from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from django.test import Client

from apps.tenants import services
from foundation.access.models import Membership
from foundation.clock import now
from foundation.tenancy import scope
from tests.apps.tenants.openid_stage import (
    come_in,
    go,
    idp,
    provider,
    provider_process,
    reasons,
)
from tests.support.people import make_person

__all__ = ["idp", "provider", "provider_process"]


@pytest.mark.parametrize(
    ("faults", "reason"),
    [
        ({"claims": {"nonce": "another"}}, "nonce"),
        ({"claims": {}, "drop": ["nonce"]}, "nonce"),
        ({"claims": {"aud": "somebody-else"}}, "aud"),
        ({"claims": {"aud": ["sanad", "other"], "azp": "other"}}, "aud"),
        ({"claims": {"iss": "https://evil.test"}}, "iss"),
        ({"claims": {"exp": "past"}}, "exp"),
        ({"claims": {}, "drop": ["exp"]}, "claim"),
        ({"claims": {}, "alg": "none"}, "alg"),
        ({"claims": {}, "alg": "HS256"}, "alg"),
        ({"claims": {}, "key": "other"}, "signature"),
    ],
)
def test_an_id_token_that_is_not_for_this_sign_in_is_refused(idp, provider, faults, reason):
    idp.faults(**faults)
    client = Client()
    answer = come_in(client, idp, provider)

    assert answer.status_code == 403
    assert client.get("/accounts/")["Location"].startswith("/accounts/login/")
    assert reasons(provider) == [reason]
    assert not Membership.objects.filter(user__email="sara@acme.test").exists()


def test_an_answer_without_the_state_of_this_browser_is_refused(idp, provider):
    back = urlsplit(idp.authorize(go(Client(), provider), "u-1"))
    other = Client()
    go(other, provider)
    answer = other.get(f"{back.path}?{back.query}")

    assert answer.status_code == 403
    assert "belongs to no sign-in" in answer.content.decode()
    assert reasons(provider) == ["state"]


@pytest.mark.parametrize("whose", ["the same tenant's", "another tenant's"])
def test_a_sign_in_that_was_begun_at_one_provider_is_not_ended_at_another(
    idp, provider, tenant, admin, other_tenant, whose
):
    """Mix-up: a provider saw the state of its own sign-in, and brings it to the door of the other."""
    home = tenant if whose.startswith("the same") else other_tenant
    with scope(home.pk):
        setter = admin if home == tenant else make_person(home, "admin")
        words = {"issuer": idp.address, "client_id": "sanad", "client_secret": "s3cret"}
        other = services.single_sign_on.add_openid_provider(actor=setter, name="Other", now=now(), **words)
    client = Client()
    back = urlsplit(idp.authorize(go(client, provider), "u-1"))

    answer = client.get(f"/accounts/sso/{home.slug}/{other.pk}/callback/?{back.query}")
    assert answer.status_code == 403
    assert "belongs to no sign-in" in answer.content.decode()
    with scope(home.pk):
        assert "code" not in reasons(other)
    assert client.get("/accounts/")["Location"].startswith("/accounts/login/")


def test_an_answer_is_taken_once(idp, provider):
    client = Client()
    back = urlsplit(idp.authorize(go(client, provider), "u-1"))
    assert client.get(f"{back.path}?{back.query}").status_code == 302
    assert client.get(f"{back.path}?{back.query}").status_code == 403


def test_a_stolen_code_is_worth_nothing_without_the_secret_of_the_browser(idp, provider):
    """PKCE: the attacker's browser brings the victim's code with its own state."""
    stolen = parse_qs(urlsplit(idp.authorize(go(Client(), provider), "u-1")).query)["code"][0]
    attacker = Client()
    own = parse_qs(urlsplit(go(attacker, provider)).query)["state"][0]
    answer = attacker.get(f"/accounts/sso/acme/{provider.pk}/callback/?{urlencode({'code': stolen, 'state': own})}")
    assert answer.status_code == 403
    assert reasons(provider) == ["code"]


def test_what_the_provider_says_instead_is_shown(idp, provider):
    client = Client()
    there = go(client, provider)
    back = urlsplit(idp.deny(there))
    state = parse_qs(urlsplit(there).query)["state"][0]  # the specification returns it; this provider forgets to
    page = client.get(f"{back.path}?{back.query}&state={state}")
    assert page.status_code == 403
    assert "did not sign you in" in page.content.decode()
