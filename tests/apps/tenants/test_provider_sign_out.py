"""The end of a session that came by an identity provider, here and there; and what such a session sees of others."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from django.contrib.sessions.models import Session
from django.test import Client

from apps.tenants import selectors, services
from apps.tenants.services.single_sign_on import identity_providers
from foundation import ledger
from foundation.clock import now
from foundation.identity.models import IdentityProvider, ProvidedSession, User
from foundation.tenancy import scope
from foundation.tenancy.models import Tenant
from tests.apps.tenants.openid_stage import add_provider, come_in, idp, provider, provider_process
from tests.support.forms import send_form
from tests.support.people import make_person, make_tenant

__all__ = ["idp", "provider", "provider_process"]


@pytest.fixture
def sara(idp, provider):
    """Sara in two browsers, each with a session of the provider's own name."""
    clients = {}
    for sid in ("s-1", "s-2"):
        idp.faults(claims={"sid": sid})
        clients[sid] = Client()
        come_in(clients[sid], idp, provider)
    return clients


def is_in(client):
    return client.get("/t/acme/settings/members/").status_code == 200


def say(provider, token):
    """The provider's own call: without cookies, and checked for nothing of a form of ours."""
    client = Client(enforce_csrf_checks=True)
    return send_form(client, f"/accounts/sso/acme/{provider.pk}/logout/", {"logout_token": token})


def events(provider, kind):
    found = ledger.events_of(subject=("identity_provider", provider.pk))
    return [event.payload for event in found if event.kind == kind]


def test_signing_out_offers_the_providers_own_sign_out_and_leads_back_in(provider, sara):
    client = sara["s-1"]
    left = client.post("/accounts/logout/")["Location"]
    assert left == "/accounts/signed-out/"
    page = client.get(left).content.decode()
    assert "You are signed out" in page
    assert f"/accounts/sso/acme/{provider.pk}/" in page
    assert not is_in(client)

    link = page.split('href="http://127.0.0.1')[1].split('"')[0].replace("&amp;", "&")
    words = parse_qs(urlsplit(link).query)
    assert urlsplit(f"http://127.0.0.1{link}").path == "/oauth2/end_session"
    assert words["client_id"] == ["sanad"]
    assert words["post_logout_redirect_uri"][0].endswith("/accounts/signed-out/")

    back = client.get(f"{left}?state={words['state'][0]}").content.decode()
    assert "signed out here and at Company" in back
    assert "end_session" not in back
    assert "end_session" in client.get(f"{left}?state=guessed").content.decode()


def test_the_real_provider_takes_the_way_out_and_sends_back(idp, sara):
    client = sara["s-1"]
    page = client.get(client.post("/accounts/logout/")["Location"]).content.decode()
    link = "http://127.0.0.1" + page.split('href="http://127.0.0.1')[1].split('"')[0].replace("&amp;", "&")
    asked = requests.get(link, timeout=10)
    assert asked.status_code == 200
    assert "/accounts/signed-out/?state=" in asked.text


def test_a_provider_without_such_a_place_offers_none(provider, sara):
    words = services.single_sign_on.settings_of(provider)
    # As it was read before sign-outs were known of.
    kept = replace(words, endpoints={name: url for name, url in words.endpoints.items() if name != "end_session"})
    IdentityProvider.objects.filter(pk=provider.pk).update(sealed=identity_providers.seal_settings(provider, kept))
    client = sara["s-1"]
    page = client.get(client.post("/accounts/logout/")["Location"]).content.decode()
    assert "Sign out at" not in page
    assert "Continue with Company" in page


def test_whoever_came_by_password_is_led_to_the_sign_in_page(admin, client_as, provider):
    assert client_as(admin).post("/accounts/logout/")["Location"] == "/accounts/login/"
    assert Client().get("/accounts/signed-out/")["Location"] == "/accounts/login/"


def test_the_page_after_signing_out_forgets_a_provider_that_is_gone(provider, admin, sara):
    client = sara["s-1"]
    left = client.post("/accounts/logout/")["Location"]
    services.single_sign_on.disable_provider(actor=admin, provider=provider)
    assert client.get(left)["Location"] == "/accounts/login/"


def test_the_provider_ends_one_session_by_its_name(idp, provider, sara):
    answer = say(provider, idp.logout_token(aud="sanad", sid="s-1"))
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    assert not is_in(sara["s-1"])
    assert is_in(sara["s-2"])
    assert events(provider, "sign_in.ended_by_provider") == [{"provider_id": str(provider.pk), "sessions": 1}]


def test_the_provider_ends_all_sessions_of_a_person(idp, provider, admin, sara, client_as):
    assert say(provider, idp.logout_token(aud="sanad", sub="u-1")).status_code == 200
    assert not is_in(sara["s-1"])
    assert not is_in(sara["s-2"])
    assert not ProvidedSession.objects.exists()
    assert client_as(admin).get("/t/acme/settings/members/").status_code == 200


def test_what_is_not_here_any_more_ends_quietly(idp, provider, sara):
    """The specification's success where nobody is signed in; nothing is written, however often it is said."""
    assert say(provider, idp.logout_token(aud="sanad", sub="nobody")).status_code == 200
    assert say(provider, idp.logout_token(aud="sanad", sub="u-1", sid="elsewhere")).status_code == 200
    assert is_in(sara["s-1"])
    assert events(provider, "sign_in.ended_by_provider") == []


@pytest.mark.parametrize(
    ("order", "reason"),
    [
        ({"aud": "somebody-else"}, "aud"),
        ({"claims": {"iss": "https://evil.test"}}, "iss"),
        ({"claims": {"exp": 1}}, "exp"),
        ({"claims": {"iat": 1}}, "iat"),
        ({"claims": {"nonce": "n"}}, "nonce"),
        ({"claims": {"events": {}}}, "events"),
        ({"claims": {"events": {"http://schemas.openid.net/event/backchannel-logout": True}}}, "events"),
        ({"drop": ["events"]}, "claim"),
        ({"drop": ["jti"]}, "claim"),
        ({"drop": ["iat"]}, "claim"),
        ({"drop": ["exp"]}, "claim"),
        ({"drop": ["sub"]}, "claim"),
        ({"alg": "none"}, "alg"),
        ({"alg": "HS256"}, "alg"),
        ({"key": "other"}, "signature"),
    ],
)
def test_a_logout_token_that_is_not_for_this_is_refused_and_ends_nothing(idp, provider, sara, order, reason):
    answer = say(provider, idp.logout_token(**{"aud": "sanad", "sub": "u-1", **order}))
    assert answer.status_code == 400
    assert answer.json()["error"] == "invalid_request"
    assert answer.json()["error_description"]
    assert is_in(sara["s-1"])
    assert [said["reason"] for said in events(provider, "sign_in.stray_answers_refused")] == [f"logout-{reason}"]


def test_no_token_at_all_and_one_of_a_sign_in_are_refused(provider, sara):
    for token in ("", "x", "a.b.c"):
        assert say(provider, token).status_code == 400
    assert is_in(sara["s-1"])


def test_a_logout_token_is_heard_once(idp, provider, sara):
    token = idp.logout_token(aud="sanad", sub="u-1")
    assert say(provider, token).status_code == 200
    idp.faults()
    again = Client()
    come_in(again, idp, provider)
    assert say(provider, token).status_code == 400
    assert is_in(again), "a token that is brought once more signs nobody out"


def test_one_providers_word_ends_no_session_of_another(idp, provider, sara):
    bank = make_tenant("bank", "Bank")
    banker = make_person(bank, "admin")
    theirs = add_provider(bank, banker, idp, "bank.test", default_role="viewer")
    token = idp.logout_token(aud="sanad", sub="u-1")
    answer = send_form(Client(), f"/accounts/sso/bank/{theirs.pk}/logout/", {"logout_token": token})
    assert answer.status_code == 200
    assert is_in(sara["s-1"])


def test_unknown_disabled_and_closed_are_all_not_there(idp, provider, admin, tenant):
    token = idp.logout_token(aud="sanad", sub="u-1")
    services.single_sign_on.disable_provider(actor=admin, provider=provider)
    assert say(provider, token).status_code == 404
    IdentityProvider.objects.update(enabled_at=now())
    Tenant.objects.filter(pk=tenant.pk).update(suspended_at=now())
    assert say(provider, token).status_code == 404


def test_the_settings_show_both_addresses_to_copy(provider, admin, client_as):
    page = client_as(admin).get(f"/t/acme/settings/single-sign-on/{provider.pk}/").content.decode()
    assert f"/accounts/sso/acme/{provider.pk}/logout/" in page
    assert "/accounts/signed-out/" in page


@pytest.fixture
def both_ways(idp, provider, tenant):
    """Sara by the provider of Acme in two browsers, and by their own password in a third."""
    idp.person("u-1", email="sara@acme.test", email_verified=True, name="Sara", groups=["builders"])
    first, second, own = Client(), Client(), Client(headers={"user-agent": "The browser at home"})
    come_in(first, idp, provider)
    first.post("/accounts/logout/")
    user = User.objects.get(email="sara@acme.test")
    user.set_password("correct horse battery staple")
    user.save()
    come_in(first, idp, provider)
    come_in(second, idp, provider)
    words = {"email": user.email, "password": "correct horse battery staple"}
    assert send_form(own, "/accounts/login/", words).status_code == 302
    return user, first, second, own


def test_a_providers_session_sees_and_ends_those_of_its_way_alone(both_ways, provider):
    user, first, second, own = both_ways
    page = first.get("/accounts/").content.decode()
    assert "The browser at home" not in page
    assert page.count("Sign out there") == 1

    with scope(None, user_id=user.pk):
        rows = {row.session_key: row for row in selectors.sessions_of(user=user, now=now())}
    assert len(rows) == 3
    assert first.post(f"/accounts/sessions/{rows[own.session.session_key].pk}/end/").status_code == 404
    assert first.post("/accounts/sessions/end-others/").status_code == 302
    assert Session.objects.filter(session_key=own.session.session_key).exists()
    assert not is_in(second)


def test_a_session_of_ones_own_sees_and_ends_all(both_ways):
    _user, first, _second, own = both_ways
    page = own.get("/accounts/").content.decode()
    assert page.count("Sign out there") == 2
    own.post("/accounts/sessions/end-others/")
    assert not is_in(first)
    assert own.get("/accounts/").status_code == 200
