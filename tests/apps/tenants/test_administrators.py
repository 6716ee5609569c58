"""Somebody always comes in who can mend the identity provider; and the operator helps where nobody does."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from apps.tenants import services
from apps.tenants.errors import LastAdministrator
from apps.tenants.ports import ProviderSettings
from apps.tenants.services.single_sign_on.identity_providers import seal_settings
from foundation import ledger
from foundation.access.models import Membership
from foundation.clock import now
from foundation.identity.models import EmailDomain, IdentityProvider, ProviderIdentity, User
from tests.support.people import make_person

ENDPOINTS = {"authorization": "https://id.test/a", "token": "https://id.test/t", "jwks": "https://id.test/j"}


def proven(admin, name):
    claimed = services.single_sign_on.claim_domain(actor=admin, name=name, now=now())
    EmailDomain.objects.filter(pk=claimed.pk).update(proven_at=now())
    claimed.refresh_from_db()
    return claimed


def provider_of(tenant, name):
    made = IdentityProvider(
        tenant=tenant, kind="oidc", name=name, issuer="https://id.test", created_at=now(), enabled_at=now()
    )
    words = ProviderSettings(issuer="https://id.test", endpoints=ENDPOINTS, claims={}, client_id="x", client_secret="y")
    made.sealed = seal_settings(made, words)
    made.save(force_insert=True)
    return made


@pytest.fixture
def domain(admin):
    return proven(admin, "acme.test")


@pytest.fixture
def provider(tenant, domain):
    return provider_of(tenant, "Company")


@pytest.fixture
def brought(tenant, provider):
    """Two administrators whom the provider brought and alone vouches for."""
    people = [make_person(tenant, "admin", f"boss{number}@acme.test") for number in range(2)]
    Membership.objects.filter(user__in=[person.user for person in people]).update(vouched=True)
    return people


def place_of(person):
    return Membership.objects.get(user=person.user)


def secret(actor, provider, text="another"):
    words = {"default_role": "", "mapping": [], "makes_members": True, "vouches_for_email": False, "claims": {}}
    only = provider.only_way_in
    services.single_sign_on.edit_provider(actor=actor, provider=provider, client_secret=text, only_way_in=only, **words)


def test_the_last_who_comes_in_without_the_provider_stays(admin, brought):
    boss = brought[0]
    for act in (
        lambda: services.remove_member(actor=boss, membership=place_of(admin), now=now()),
        lambda: services.change_role(actor=boss, membership=place_of(admin), role="viewer"),
        lambda: services.suspend_member(actor=boss, membership=place_of(admin), now=now()),
    ):
        with pytest.raises(LastAdministrator, match="without an identity provider"):
            act()
    # Of those whom it brought any may go, and with another of the tenant's own this one may too.
    services.remove_member(actor=admin, membership=place_of(brought[1]), now=now())
    make_person(boss.tenant, "admin", "second@acme.test")
    services.remove_member(actor=boss, membership=place_of(admin), now=now())


def test_where_all_came_by_the_provider_no_way_in_is_taken_away(admin, brought, provider, domain):
    proven(admin, "second.test")
    Membership.objects.filter(user=admin.user).update(suspended_at=now())
    boss = brought[0]
    for act in (
        lambda: services.single_sign_on.disable_provider(actor=boss, provider=provider),
        lambda: services.single_sign_on.remove_provider(actor=boss, provider=provider, now=now()),
        lambda: services.single_sign_on.release_domain(actor=boss, domain=domain),
        lambda: secret(boss, provider),
    ):
        with pytest.raises(LastAdministrator, match="Invite an administrator"):
            act()
    provider.refresh_from_db()
    assert provider.enabled_at is not None
    # What changes nothing of the way in is theirs to change, as it is with one who comes in by themselves.
    secret(boss, provider, text="")
    Membership.objects.filter(user=admin.user).update(suspended_at=None)
    secret(boss, provider)
    services.single_sign_on.release_domain(actor=boss, domain=domain)
    services.single_sign_on.disable_provider(actor=boss, provider=provider)


def test_another_provider_that_knows_an_administrator_is_a_way_in(admin, brought, provider, tenant, domain):
    Membership.objects.filter(user=admin.user).update(suspended_at=now())
    second, boss = provider_of(tenant, "Second"), brought[0]
    ProviderIdentity.objects.create(
        tenant=tenant, provider=second, user=boss.user, subject="s1", first_seen_at=now(), last_seen_at=now()
    )
    with pytest.raises(LastAdministrator):
        services.single_sign_on.disable_provider(actor=boss, provider=second)
    services.single_sign_on.disable_provider(actor=boss, provider=provider)
    with pytest.raises(LastAdministrator):
        services.single_sign_on.disable_provider(actor=boss, provider=second)


def test_where_the_provider_is_the_only_way_in_it_takes_a_second_factor(admin, brought, provider):
    IdentityProvider.objects.update(only_way_in=True)
    provider.refresh_from_db()
    with pytest.raises(LastAdministrator, match="no second factor"):
        secret(admin, provider)
    User.objects.filter(pk=admin.user.pk).update(second_factor_at=now())
    secret(admin, provider)
    User.objects.filter(pk=admin.user.pk).update(second_factor_at=None)
    # A disabled provider is no longer the only way in.
    services.single_sign_on.disable_provider(actor=admin, provider=provider)


def test_rest_says_why(api_as, admin, brought, provider):
    Membership.objects.filter(user=admin.user).update(vouched=True)
    refused = api_as(brought[0]).post(f"/api/v1/identity-providers/{provider.pk}/disable/")
    assert refused.status_code == 409
    assert "Invite an administrator" in refused.json()["detail"]


def test_the_operator_invites_an_administrator_and_the_tenants_ledger_tells_it(tenant, admin):
    said = StringIO()
    call_command("invite_administrator", "acme", "rescue@acme.test", stdout=said)
    secret_of_link = said.getvalue().strip().rstrip("/").rpartition("/")[2]
    invitation, _tenant = services.find_invitation(secret=secret_of_link, now=now())
    assert (invitation.role, invitation.email, invitation.invited_by) == ("admin", "rescue@acme.test", None)
    event = ledger.events_of(subject=("membership", invitation.pk))[0]
    assert (event.kind, event.actor_kind, event.actor_id) == ("membership.invited", "system", None)

    user = services.accept_as_new_person(secret=secret_of_link, name="Rescue", password="a long enough one", now=now())
    assert Membership.objects.get(user=user).vouched is False


@pytest.mark.parametrize(("tenant_slug", "email"), [("nobody", "x@acme.test"), ("acme", "no address")])
def test_a_faulty_rescue_is_refused_in_a_sentence(tenant, admin, tenant_slug, email):
    with pytest.raises(CommandError, match=r"\w+"):
        call_command("invite_administrator", tenant_slug, email)
