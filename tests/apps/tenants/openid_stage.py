"""A tenant with an OpenID provider, a real one in its own process, and the way there and back."""

from __future__ import annotations

from ipaddress import ip_network
from urllib.parse import urlsplit

import pytest

from apps.tenants import services
from foundation import ledger
from foundation.clock import now
from foundation.identity.models import EmailDomain
from foundation.tenancy import scope
from tests.identity_providers.running import OpenIDProvider, running

# Of whoever was sent there by us, each; of what nobody asked for, the first and then a count (test_provider_doors.py).
REFUSALS = {"sign_in.by_provider_refused", "sign_in.stray_answers_refused"}


@pytest.fixture(scope="module")
def provider_process():
    with running("openid_provider") as address:
        yield OpenIDProvider(address)


@pytest.fixture
def idp(provider_process, settings):
    settings.OUTBOUND_ALLOW = [ip_network("127.0.0.1/32")]
    provider_process.faults()
    provider_process.behave()
    return provider_process


def add_provider(tenant, admin, idp, domain, **words):
    """A provider of the tenant that lets its people in, as an administrator sets it up."""
    with scope(tenant.pk):
        claimed = services.single_sign_on.claim_domain(actor=admin, name=domain, now=now())
        EmailDomain.objects.filter(pk=claimed.pk).update(proven_at=now())
        provider = services.single_sign_on.add_openid_provider(
            actor=admin, name="Company", issuer=idp.address, client_id="sanad", client_secret="s3cret", now=now()
        )
        given = {
            "default_role": "",
            "mapping": [
                services.single_sign_on.Line("builders", role="scientist"),
                services.single_sign_on.Line("readers", role="viewer"),
            ],
            "makes_members": True,
            "vouches_for_email": False,
            "only_way_in": False,
            "claims": {},
        }
        services.single_sign_on.edit_provider(actor=admin, provider=provider, **given | words)
        return services.single_sign_on.enable_provider(actor=admin, provider=provider, now=now())


@pytest.fixture
def provider(tenant, admin, idp):
    idp.person("u-1", email="sara@acme.test", email_verified=True, name="Sara", groups=["builders"])
    return add_provider(tenant, admin, idp, "acme.test")


def go(client, provider, query=""):
    return client.get(f"/accounts/sso/acme/{provider.pk}/{query}")["Location"]


def come_in(client, idp, provider, sub="u-1"):
    """The whole way: there, signed in as `sub`, and back."""
    back = urlsplit(idp.authorize(go(client, provider), sub))
    return client.get(f"{back.path}?{back.query}")


def kinds(provider):
    return [event.kind for event in ledger.events_of(subject=("identity_provider", provider.pk))]


def reasons(provider):
    events = ledger.events_of(subject=("identity_provider", provider.pk))
    return [event.payload["reason"] for event in events if event.kind in REFUSALS]
