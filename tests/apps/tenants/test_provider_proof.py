"""A sensitive act asks whoever came by an identity provider to prove themselves there once more, truly."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client

from apps.tenants import services
from apps.tenants.adapters import codes
from foundation.access.freshness import is_fresh, note_proof
from foundation.access.models import Membership
from foundation.clock import now
from foundation.identity.models import ApiToken, User
from tests.apps.tenants import openid_stage, saml_stage
from tests.apps.tenants.openid_stage import come_in, idp, provider, provider_process, reasons
from tests.apps.tenants.saml_stage import SARA, bring
from tests.apps.tenants.test_factors import code_of
from tests.apps.tenants.test_step_up import CONFIRM, TOKENS, WANTED, again, age, hidden
from tests.identity_providers.running import SamlProvider, running
from tests.support.forms import send_form

__all__ = ["idp", "provider", "provider_process"]
THERE = "/accounts/confirm/provider/"


@pytest.fixture
def sara(idp, provider):
    """Sara, who came by the provider some time ago."""
    client = Client()
    come_in(client, idp, provider)
    return age(client)


def prove(client, idp, *, after="", sub="u-1"):
    """To the provider as the page's link leads there, signed in there, and back."""
    back = urlsplit(idp.authorize(client.get(f"{THERE}{after}")["Location"], sub))
    return client.get(f"{back.path}?{back.query}")


def test_an_old_session_is_sent_to_the_provider_and_what_was_typed_waits(idp, sara):
    question = sara.post(TOKENS, WANTED)
    page = question.content.decode()
    assert question.status_code == 403
    assert f'href="{THERE}" target="_blank"' in page
    assert 'name="proof_password"' not in page, "a password may be that of whoever opened the account before"

    fields = dict(hidden(page))
    early = send_form(sara, CONFIRM, fields)
    assert early.status_code == 422
    assert "Confirm at your organisation first" in early.content.decode()

    done = prove(sara, idp)
    assert done["Location"] == "/accounts/confirm/done/"
    assert "Close this tab" in sara.get(done["Location"]).content.decode()
    made = again(sara, send_form(sara, CONFIRM, fields))
    assert "The token is made" in made.content.decode()
    assert ApiToken.objects.get(name="laptop")


def test_what_is_read_goes_on_in_the_same_tab(idp, sara):
    page = sara.get("/accounts/confirm/?next=/t/acme/settings/tokens/").content.decode()
    assert f'href="{THERE}?next=/t/acme/settings/tokens/"' in page
    assert prove(sara, idp, after="?next=/t/acme/settings/tokens/")["Location"] == "/t/acme/settings/tokens/"


def test_the_provider_is_asked_to_ask_and_at_an_ordinary_sign_in_it_is_not(sara, provider):
    asked = parse_qs(urlsplit(sara.get(THERE)["Location"]).query)
    assert (asked["prompt"], asked["max_age"]) == (["login"], ["0"])
    ordinary = parse_qs(urlsplit(openid_stage.go(Client(), provider)).query)
    assert not ordinary.keys() & {"prompt", "max_age"}


def test_a_provider_that_answers_out_of_its_own_session_proves_nobody(idp, provider):
    """At a browser left open: signed in there a quarter of an hour ago, and it lets whoever sits there through."""
    idp.behave(silent=True, signed_in_s_ago=900)
    client = Client()
    come_in(client, idp, provider)
    assert not is_fresh(client.session, at=now())

    answer = prove(client, idp)
    assert answer.status_code == 403
    page = answer.content.decode()
    assert "without asking you anything" in page
    assert "15 minutes" in page
    assert "auth_time" in page
    assert not is_fresh(client.session, at=now())
    assert client.post(TOKENS, WANTED).status_code == 403
    assert reasons(provider) == ["silent"]


def test_a_provider_that_does_not_say_when_proves_nobody(idp, provider):
    idp.faults(claims={}, drop=["auth_time"])
    client = Client()
    come_in(client, idp, provider)
    assert not is_fresh(client.session, at=now())

    answer = prove(client, idp)
    assert answer.status_code == 403
    assert "does not say when" in answer.content.decode()
    assert not is_fresh(client.session, at=now())
    assert reasons(provider) == ["unproven"]


@pytest.mark.parametrize("said", ["soon", True, -5, 10**12])
def test_a_time_that_is_none_or_to_come_counts_as_none(idp, provider, said):
    idp.faults(claims={"auth_time": said})
    client = Client()
    assert come_in(client, idp, provider).status_code == 302
    assert not is_fresh(client.session, at=now())
    assert prove(client, idp).status_code == 403


def test_a_session_is_as_fresh_as_the_provider_says(idp, provider):
    idp.behave(signed_in_s_ago=300)
    client = Client()
    come_in(client, idp, provider)
    assert is_fresh(client.session, at=now())
    assert not is_fresh(client.session, at=now() + timedelta(minutes=6))


def test_signing_out_and_silently_in_again_is_no_proof(idp, provider):
    idp.behave(signed_in_s_ago=3600)
    client = Client()
    come_in(client, idp, provider)
    client.post("/accounts/logout/")
    come_in(client, idp, provider)
    assert client.get("/t/acme/settings/members/").status_code == 200
    assert client.post(TOKENS, WANTED).status_code == 403
    assert not ApiToken.objects.exists()


def test_somebody_elses_proof_is_none(idp, provider, sara):
    idp.person("u-2", email="omar@acme.test", email_verified=True, name="Omar", groups=["builders"])
    come_in(Client(), idp, provider, "u-2")
    answer = prove(sara, idp, sub="u-2")
    assert answer.status_code == 403
    assert "Somebody else signed in there" in answer.content.decode()
    assert not is_fresh(sara.session, at=now())
    assert User.objects.get(pk=sara.session["_auth_user_id"]).email == "sara@acme.test"


def test_a_proof_begun_in_one_session_ends_in_no_other(idp, provider, sara):
    back = urlsplit(idp.authorize(sara.get(THERE)["Location"], "u-1"))
    other = Client()
    come_in(other, idp, provider)
    age(other)
    assert other.get(f"{back.path}?{back.query}").status_code == 403
    assert not is_fresh(other.session, at=now())


def test_a_proof_is_taken_once(idp, provider, sara):
    back = urlsplit(idp.authorize(sara.get(THERE)["Location"], "u-1"))
    assert sara.get(f"{back.path}?{back.query}").status_code == 302
    assert sara.get(f"{back.path}?{back.query}").status_code == 403


def test_a_proof_changes_neither_role_nor_session(idp, provider, sara):
    key = sara.session.session_key
    prove(sara, idp)
    assert sara.session.session_key == key
    assert Membership.objects.get(user__email="sara@acme.test").role == "scientist"


def test_a_session_of_ones_own_is_not_sent_to_a_provider(admin, client_as, provider):
    client = age(client_as(admin))
    assert client.get(THERE)["Location"] == CONFIRM
    assert THERE not in client.post(TOKENS, WANTED).content.decode()


def test_a_factor_of_ones_own_here_is_a_proof_too_and_the_password_is_not(idp, provider, sara):
    """Somebody opened the account before, with a password of their own; the true Sara comes by the provider."""
    user = User.objects.get(email="sara@acme.test")
    user.set_password("correct horse battery staple")
    user.save()
    sara = Client()
    come_in(sara, idp, provider)
    age(sara)
    fields = dict(hidden(sara.post(TOKENS, WANTED).content.decode()))
    assert send_form(sara, CONFIRM, fields | {"proof_password": "correct horse battery staple"}).status_code == 422

    secret = codes.new_secret()
    services.add_app(user=user, secret=secret, code=code_of(secret, -1), now=now())
    question = sara.post(TOKENS, WANTED).content.decode()
    assert THERE in question
    made = again(sara, send_form(sara, CONFIRM, dict(hidden(question)) | {"proof_code": code_of(secret)}))
    assert "The token is made" in made.content.decode()


@pytest.fixture(scope="module")
def saml_process():
    with running("saml_provider") as address:
        yield SamlProvider(address)


@pytest.fixture
def saml_sara(tenant, admin, saml_process):
    """Sara once more, who came by a SAML provider of the tenant."""
    company = saml_stage.provider.__wrapped__(tenant, admin, saml_process)
    client = Client()
    saml_stage.come_in(client, saml_process, company, signed_in_s_ago=900)
    return client, company


def prove_by_saml(client, process, company, **order):
    asked = client.get(f"{THERE}?next=/accounts/")["Location"]
    _address, fields = process.answer(asked, **{**SARA, **order})
    return bring(client, company, fields)


def test_saml_is_asked_to_force_a_sign_in_and_its_moment_counts(saml_process, saml_sara):
    client, company = saml_sara
    assert not is_fresh(client.session, at=now()), "it said that Sara signed in there a quarter of an hour ago"
    answer = prove_by_saml(client, saml_process, company, signed_in_s_ago=900)
    assert (answer.status_code, answer["Location"]) == (302, "/accounts/")
    assert is_fresh(client.session, at=now())


def test_a_silent_saml_provider_proves_nobody(saml_process, saml_sara):
    client, company = saml_sara
    answer = prove_by_saml(client, saml_process, company, signed_in_s_ago=900, silent=True)
    assert answer.status_code == 403
    assert "AuthnInstant" in answer.content.decode()
    assert not is_fresh(client.session, at=now())
    assert saml_stage.reasons(company) == ["silent"]


def test_the_session_of_whoever_shows_a_time_is_never_fresh_for_the_future():
    session = {}
    note_proof(session, at=datetime.now(UTC) + timedelta(minutes=5))
    assert not is_fresh(session, at=datetime.now(UTC))
