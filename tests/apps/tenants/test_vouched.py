"""What nobody gets by opening an account, a webhook or a way in beforehand: who vouches for a person opens the door."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client

from apps.tenants import selectors, services
from apps.tenants.ports import ProviderSettings, Said
from apps.tenants.services.single_sign_on.identity_providers import seal_settings
from apps.tenants.services.suspension import suspend_member
from foundation.access import Permission
from foundation.access.freshness import StepUpRequired
from foundation.access.models import Membership
from foundation.clock import now
from foundation.errors import AccessDenied
from foundation.identity.models import EmailDomain, IdentityProvider, User
from foundation.tenancy import scope
from foundation.tenancy.models import Tenant
from foundation.tenancy.standing import TenantSuspended
from tests.apps.tenants.scim_stage import Scim
from tests.support.forms import send_form
from tests.support.people import make_person

PASSWORD = "correct horse battery staple 9"
ENDPOINTS = {"authorization": "https://id.test/a", "token": "https://id.test/t", "jwks": "https://id.test/j"}


@pytest.fixture
def provider(tenant, admin):
    """Acme's own, for a domain that it has proven; its bosses become administrators."""
    claimed = services.single_sign_on.claim_domain(actor=admin, name="acme.test", now=now())
    EmailDomain.objects.filter(pk=claimed.pk).update(proven_at=now())
    made = IdentityProvider(
        tenant=tenant,
        kind="oidc",
        name="Company",
        issuer="https://id.test",
        mapping=[{"external": "Bosses", "role": "admin", "group": ""}],
        created_at=now(),
        enabled_at=now(),
    )
    words = ProviderSettings(issuer="https://id.test", endpoints=ENDPOINTS, claims={}, client_id="x", client_secret="y")
    made.sealed = seal_settings(made, words)
    made.save(force_insert=True)
    return made


@pytest.fixture
def opened_beforehand(other_tenant):
    """Another organisation's administrator has opened an account in the name of somebody of Acme."""
    mallory = make_person(other_tenant, "admin", "mallory@other.test")
    with scope(other_tenant.pk, user_id=mallory.user.pk):
        _row, secret = services.invite(actor=mallory, email="ceo@acme.test", role="viewer", now=now())
    assert (
        send_form(Client(), f"/accounts/invitations/{secret}/", {"name": "CEO", "password": PASSWORD}).status_code
        == 302
    )
    return User.objects.get(email="ceo@acme.test")


def signed_in():
    client = Client()
    send_form(client, "/accounts/login/", {"email": "ceo@acme.test", "password": PASSWORD})
    assert client.get("/t/other/settings/members/").status_code == 200
    return client


def come_in(provider, tenant):
    said = Said(subject="s1", email="ceo@acme.test", email_verified=True, name="CEO", groups=("Bosses",), claims={})
    services.single_sign_on.enter(provider=provider, tenant=tenant, said=said, now=now())


def test_whoever_opened_the_account_before_does_not_come_in_with_its_password(opened_beforehand, provider, tenant):
    come_in(provider, tenant)
    place = Membership.objects.get(user=opened_beforehand, tenant=tenant)
    assert (place.role, place.vouched) == ("admin", True)
    for address in ("/t/acme/", "/t/acme/settings/members/"):
        assert signed_in().get(address).status_code == 403


def test_nor_where_scim_brought_the_person(opened_beforehand, provider, admin, tenant):
    provider.default_role = "admin"
    provider.save()
    _row, text = services.provisioning.create_scim_token(
        actor=admin, provider=provider, lives=timedelta(days=1), now=now()
    )
    assert Scim("acme", text).make("ceo@acme.test", displayName="CEO").status_code == 201
    assert signed_in().get("/t/acme/settings/members/").status_code == 403


def test_scim_leaves_an_account_that_is_its_owners_as_it_is(provider, admin, tenant):
    operator = make_person(tenant, "viewer", "operator@acme.test").user
    User.objects.filter(pk=operator.pk).update(is_operator=True, name="The operator")
    _row, text = services.provisioning.create_scim_token(
        actor=admin, provider=provider, lives=timedelta(days=1), now=now()
    )
    place = selectors.member_of(actor=admin, user_id=operator.pk)
    scim = Scim("acme", text)
    scim.patch(f"Users/{place.pk}", [{"op": "replace", "path": "displayName", "value": "Renamed"}])
    operator.refresh_from_db()
    assert operator.name == "The operator"


def test_a_suspended_tenants_provider_lets_nobody_in(provider, tenant):
    Tenant.objects.filter(pk=tenant.pk).update(suspended_at=now())
    tenant.refresh_from_db()
    with pytest.raises(TenantSuspended):
        come_in(provider, tenant)
    assert not User.objects.filter(email="ceo@acme.test").exists()


def test_to_say_who_comes_in_takes_both_permissions_and_a_fresh_proof(admin):
    narrow = replace(admin, scopes=frozenset({Permission.TENANT_MANAGE.value}), token_id=uuid4())
    with pytest.raises(AccessDenied):
        services.single_sign_on.claim_domain(actor=narrow, name="acme.test", now=now())
    stale = replace(admin, stale=True)
    with pytest.raises(StepUpRequired):
        services.single_sign_on.claim_domain(actor=stale, name="acme.test", now=now())
    with pytest.raises(StepUpRequired):
        services.invite(actor=stale, email="x@acme.test", role="viewer", now=now())


def test_a_guest_leaves_nothing_behind_that_lets_somebody_in_or_tells_them(admin, viewer):
    guest = replace(admin, guest_until=now() + timedelta(hours=1))
    place = selectors.member_of(actor=admin, user_id=viewer.user.pk)
    for act in (
        lambda: services.invite(actor=guest, email="x@acme.test", role="viewer", now=now()),
        lambda: services.change_role(actor=guest, membership=place, role="admin"),
        lambda: services.create_group(actor=guest, name="Back door"),
        lambda: services.create_service_account(actor=guest, name="Back door", role="viewer"),
    ):
        with pytest.raises(AccessDenied):
            act()


def test_a_suspended_member_is_given_a_lower_role_and_taken_from_groups(admin, viewer, tenant):
    group = services.create_group(actor=admin, name="Team")
    services.add_to_group(actor=admin, group=group, user_id=viewer.user.pk)
    place = Membership.objects.get(user=viewer.user, tenant=tenant)
    place = suspend_member(actor=admin, membership=place, now=now())
    assert services.change_role(actor=admin, membership=place, role="member").role == "member"
    assert services.take_from_group(actor=admin, group=group, user_id=viewer.user.pk)
