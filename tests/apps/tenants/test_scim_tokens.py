"""Which tokens open SCIM, to what alone, and where it stands that one was refused."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client

from apps.tenants import services
from foundation import ledger
from foundation.clock import now
from foundation.identity import tokens
from foundation.identity.models import ApiToken, User
from foundation.tenancy import scope
from tests.apps.tenants.scim_stage import Scim, made, provider, reasons, scim, scim_of
from tests.support.people import make_person, make_tenant

__all__ = ["made", "provider", "scim"]


def token_of(provider):
    """The row of the provider's token."""
    return ApiToken.objects.get(purpose=services.single_sign_on.scim_purpose(provider.pk))


def test_another_tenants_token_opens_nothing(scim, made):
    bank = make_tenant("bank", "Bank")
    theirs, their_provider = scim_of(bank, make_person(bank, "admin"), "bank.test")
    body = scim.make("sara@acme.test").json()

    wrong_house = Scim("acme", theirs.token)
    for path in ("/Users", f"/Users/{body['id']}", "/Groups", "/ServiceProviderConfig"):
        answer = wrong_house("GET", path)
        assert answer.status_code == 401
        assert "sara" not in answer.content.decode()
    assert wrong_house.make("evil@acme.test").status_code == 401
    assert theirs("GET", f"/Users/{body['id']}").status_code == 404
    assert theirs("DELETE", f"/Users/{body['id']}").status_code == 404
    # A domain of Acme's is not theirs to fill, whoever's it may become.
    assert theirs.make("evil@acme.test").status_code == 403
    with scope(bank.pk):
        assert set(reasons(their_provider)) == {"other_tenant", "not_found", "domain"}


def test_only_a_live_scim_token_opens_it(scim, admin, provider, api_as):
    assert Client().get("/scim/v2/acme/Users").status_code == 401
    assert Scim("acme", "snd_unknown")("GET", "/Users").status_code == 401
    assert api_as(admin).get("/scim/v2/acme/Users").status_code == 401

    row = token_of(provider)
    services.revoke_token(actor=admin, token=row, now=now())
    assert scim("GET", "/Users").status_code == 401


@pytest.mark.parametrize("why", ["token-expired", "token-revoked"])
def test_a_token_that_opens_scim_no_more_is_told_to_its_tenant(made, admin, why, refused_events):
    """Once, however often a provider that nobody told goes on asking; what it asked for is not said."""
    asking, provider = made
    row = token_of(provider)
    if why == "token-revoked":
        services.revoke_token(actor=admin, token=row, now=now())
    else:
        ApiToken.objects.filter(pk=row.pk).update(expires_at=now() - timedelta(seconds=1))
    for path in ("/Users", "/Groups", f"/Users/{uuid4()}"):
        assert asking("GET", path).status_code == 401

    (event,) = refused_events(admin.tenant)
    assert (event["route"], event["status"], event["reason"]) == ("scim/v2", 401, why)
    (entry,) = [one for one in ledger.events_of(subject=("token", row.pk)) if one.kind == "access.refused"]
    assert entry.actor_kind == "system"


def test_a_void_token_at_another_tenants_address_is_told_to_its_own(made, admin, other_tenant, refused_events):
    asking, provider = made
    tokens.revoke(token_of(provider), now=now())
    asking.base = f"/scim/v2/{other_tenant.slug}"
    assert asking("GET", "/Users").status_code == 401
    assert [event["reason"] for event in refused_events(admin.tenant)] == ["token-revoked"]
    assert refused_events(other_tenant) == []


def test_a_token_of_another_purpose_is_told_and_a_forged_one_is_nobodys(admin, provider, api_as, refused_events):
    assert Scim("acme", "snd_" + "x" * 43)("GET", "/Users").status_code == 401
    assert refused_events(admin.tenant) == []
    assert api_as(admin).get("/scim/v2/acme/Users").status_code == 401
    assert [event["route"] for event in refused_events(admin.tenant)] == ["scim/v2"]


def test_a_scim_token_opens_nothing_but_scim(scim):
    opened = {}
    for path in (
        "projects",
        "members",
        "tokens",
        "service-accounts",
        "datasets",
        "deployments",
        "runs",
        "models",
        "jobs",
    ):
        answer = scim.client.get(f"/api/v1/{path}/")
        if answer.status_code != 403:
            opened[path] = answer.status_code
    assert not opened
    assert scim.client.get("/t/acme/settings/members/").status_code == 403


@pytest.mark.parametrize(
    ("closed", "status", "words"),
    [("suspended_at", 403, "suspended by the operator"), ("keys_withdrawn_at", 423, "withdrawn its encryption key")],
)
def test_of_a_closed_tenant_nobody_is_read_or_changed_and_the_answer_is_scims(made, tenant, closed, status, words):
    asking, _provider = made
    tenant.__class__.objects.filter(pk=tenant.pk).update(**{closed: now()})
    for answer in (asking("GET", "/Users"), asking.make("new@acme.test")):
        assert (answer.status_code, answer["Content-Type"]) == (status, "application/scim+json")
        assert words in answer.json()["detail"]
    assert not User.objects.filter(email="new@acme.test").exists()
