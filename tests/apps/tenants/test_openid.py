"""Sign-in by a tenant's OpenID provider, walked against a real one in its own process."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_network
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client

from apps.tenants import services
from apps.tenants.services.single_sign_on import identity_providers
from foundation import ledger
from foundation.access.actors import actor_for_user
from foundation.access.models import Membership
from foundation.clock import now
from foundation.errors import Invalid
from foundation.identity.models import IdentityProvider, ProviderIdentity, User
from tests.apps.tenants.openid_stage import (
    add_provider,
    come_in,
    go,
    idp,
    kinds,
    provider,
    provider_process,
    reasons,
)
from tests.support.forms import send_form
from tests.support.people import make_person, make_tenant

__all__ = ["idp", "provider", "provider_process"]


def test_the_domain_of_an_email_leads_to_the_provider(provider):
    page = send_form(Client(), "/accounts/sso/", {"email": "Anybody@ACME.test"}).content.decode()
    assert "Continue with Company" in page
    assert f"/accounts/sso/acme/{provider.pk}/" in page
    elsewhere = send_form(Client(), "/accounts/sso/", {"email": "a@elsewhere.test"}).content.decode()
    assert "Continue with" not in elsewhere


def test_somebody_new_becomes_a_member_with_the_role_of_their_group(idp, provider):
    client = Client()
    answer = come_in(client, idp, provider)

    assert (answer.status_code, answer["Location"]) == (302, "/t/acme/")
    place = Membership.objects.get(user__email="sara@acme.test")
    assert (place.role, place.user.name, place.user.has_usable_password()) == ("scientist", "Sara", False)
    assert client.get("/t/acme/").status_code in {200, 302}
    events = [event.kind for event in ledger.events_of(subject=("membership", place.pk))]
    assert events == ["sign_in.by_provider", "membership.created"]


def test_pkce_nonce_and_state_go_along(provider):
    asked = parse_qs(urlsplit(go(Client(), provider)).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert {"code_challenge", "nonce", "state"} <= asked.keys()
    assert asked["redirect_uri"][0].endswith(f"/accounts/sso/acme/{provider.pk}/callback/")


def test_the_role_follows_the_groups_at_each_sign_in(idp, provider):
    come_in(Client(), idp, provider)
    idp.person("u-1", email="sara@acme.test", email_verified=True, name="Sara", groups=["readers"])
    come_in(Client(), idp, provider)
    assert Membership.objects.get(user__email="sara@acme.test").role == "viewer"


def test_whoever_lost_their_groups_loses_the_place_its_sessions_and_tokens(idp, provider, tenant):
    client = Client()
    come_in(client, idp, provider)
    user = User.objects.get(email="sara@acme.test")
    row, _text = services.issue_workload_token(
        actor=actor_for_user(user=user, tenant=tenant),
        project_id=None,
        purpose="run:1",
        scopes=["run.track"],
        ttl=timedelta(hours=1),
    )
    idp.person("u-1", email="sara@acme.test", email_verified=True, name="Sara", groups=["others"])

    answer = come_in(Client(), idp, provider)
    assert answer.status_code == 403
    assert "groups" in answer.content.decode()
    assert not Membership.objects.filter(user=user).exists()
    assert client.get("/t/acme/")["Location"].startswith("/accounts/login/")
    row.refresh_from_db()
    assert row.revoked_at is not None


def test_a_group_of_ours_is_joined_and_left_with_theirs(idp, provider, admin):
    group = services.create_group(actor=admin, name="Fraud team")
    lines = [
        services.single_sign_on.Line("builders", role="scientist"),
        services.single_sign_on.Line("fraud", group=str(group.pk)),
    ]
    services.single_sign_on.edit_provider(
        actor=admin,
        provider=provider,
        default_role="",
        mapping=lines,
        makes_members=True,
        vouches_for_email=False,
        only_way_in=False,
        claims={},
    )
    idp.person("u-1", email="sara@acme.test", email_verified=True, groups=["builders", "fraud"])
    come_in(Client(), idp, provider)
    assert [place.user.email for place in group.places.all()] == ["sara@acme.test"]

    idp.person("u-1", email="sara@acme.test", email_verified=True, groups=["builders"])
    come_in(Client(), idp, provider)
    assert not group.places.exists()


def test_an_account_that_exists_is_linked_and_keeps_the_role_given_by_hand(idp, provider, tenant):
    by_hand = make_person(tenant, "auditor", "sara@acme.test")
    come_in(Client(), idp, provider)
    assert ProviderIdentity.objects.get(provider=provider).user == by_hand.user
    assert Membership.objects.get(user=by_hand.user).role == "auditor"


@pytest.mark.parametrize(
    ("claims", "claim"),
    [
        ({"email": "sara@acme.test"}, "email_verified"),
        ({"email": "sara@acme.test", "email_verified": False}, "email_verified"),
        ({"email": "sara@elsewhere.test", "email_verified": True}, "email"),
        ({"email": "", "email_verified": True}, "email"),
        ({"email": "sara@acme.test", "email_verified": True, "groups": []}, "groups"),
    ],
)
def test_a_faulty_claim_is_named_and_nobody_comes_in(idp, provider, tenant, claims, claim):
    make_person(tenant, "auditor", "sara@elsewhere.test")
    idp.person("u-2", **{"groups": ["builders"], **claims})
    client = Client()
    answer = come_in(client, idp, provider, "u-2")

    assert answer.status_code == 403
    assert f"“{claim}”" in answer.content.decode()
    assert client.get("/accounts/")["Location"].startswith("/accounts/login/")
    assert not ProviderIdentity.objects.exists()
    assert len(reasons(provider)) == 1


def test_another_tenants_provider_opens_its_own_tenant_alone(idp, tenant, provider, scientist):
    """Bank's provider vouches for an address of Acme's person: it gets into neither Acme nor that account."""
    bank = make_tenant("bank", "Bank")
    banker = make_person(bank, "admin")
    theirs = add_provider(bank, banker, idp, "bank.test", default_role="viewer")
    idp.person("evil", email=scientist.user.email, email_verified=True)

    def at_bank(sub):
        client = Client()
        there = client.get(f"/accounts/sso/bank/{theirs.pk}/")["Location"]
        back = urlsplit(idp.authorize(there, sub))
        return client, client.get(f"{back.path}?{back.query}")

    client, answer = at_bank("evil")
    assert answer.status_code == 403
    assert client.get("/t/acme/")["Location"].startswith("/accounts/login/")

    # Somebody of Bank who is also a member of Acme: what Bank's provider opens is Bank.
    guest = make_person(bank, "viewer", "guest@bank.test").user
    Membership.objects.create(tenant=tenant, user=guest, role="admin")
    idp.person("guest", email="guest@bank.test", email_verified=True)
    client, answer = at_bank("guest")
    assert answer["Location"] == "/t/bank/"
    assert client.get("/t/acme/settings/members/").status_code == 404
    assert client.get("/api/v1/members/", headers={"X-Sanad-Tenant": "acme"}).status_code == 404
    assert client.get("/t/bank/settings/members/").status_code == 200
    assert "Acme" not in client.get("/accounts/").content.decode()
    assert client.get("/")["Location"].startswith("/t/bank/")
    assert client.post("/accounts/password/", {"old": "x", "new": "y"}).status_code == 403


def test_where_the_provider_is_the_only_way_in_a_password_opens_nothing(
    idp, provider, tenant, admin, scientist, client_as
):
    IdentityProvider.objects.filter(pk=provider.pk).update(only_way_in=True)
    refused = client_as(scientist).get("/t/acme/settings/members/")
    assert refused.status_code == 403
    assert "identity provider alone" in refused.content.decode()

    assert client_as(admin).get("/t/acme/settings/members/").status_code == 403
    broken_glass = client_as(admin)
    session = broken_glass.session
    session["account_authentication_methods"] = [{"method": "password"}, {"method": "mfa", "type": "totp"}]
    session.save()
    assert broken_glass.get("/t/acme/settings/members/").status_code == 200

    inside = Client()
    come_in(inside, idp, provider)
    assert inside.get("/t/acme/settings/members/").status_code == 200


def test_a_disabled_provider_lets_nobody_in_and_ends_what_it_opened(idp, provider, admin):
    client = Client()
    come_in(client, idp, provider)
    services.single_sign_on.disable_provider(actor=admin, provider=provider)

    assert client.get("/t/acme/")["Location"].startswith("/accounts/login/")
    assert Client().get(f"/accounts/sso/acme/{provider.pk}/").status_code == 404
    assert kinds(provider)[0] == "identity_provider.disabled"


def test_a_suspended_member_stays_outside(idp, provider):
    come_in(Client(), idp, provider)
    Membership.objects.filter(user__email="sara@acme.test").update(suspended_at=now())
    assert come_in(Client(), idp, provider).status_code == 403
    assert reasons(provider) == ["suspended"]


def test_a_provider_that_is_down_is_said_and_recorded(idp, provider):
    client = Client()
    back = urlsplit(idp.authorize(go(client, provider), "u-1"))
    words = services.single_sign_on.settings_of(provider)
    gone = replace(words, endpoints={**words.endpoints, "token": "http://127.0.0.1:9/token"})
    IdentityProvider.objects.filter(pk=provider.pk).update(sealed=identity_providers.seal_settings(provider, gone))

    answer = client.get(f"{back.path}?{back.query}")
    assert answer.status_code == 403
    assert "gave no answer" in answer.content.decode()
    assert reasons(provider) == ["unreachable"]


@pytest.mark.parametrize("url", ["http://login.example.com", "ftp://x", "http://127.0.0.1:1"])
def test_nothing_is_read_unprotected(admin, settings, url):
    settings.OUTBOUND_ALLOW = [ip_network("10.0.0.0/8")]
    with pytest.raises(Invalid):
        services.single_sign_on.add_openid_provider(
            actor=admin, name="X", issuer=url, client_id="a", client_secret="", now=now()
        )
