"""A tenant with a SAML provider, a real one in its own process, and what its page brings to us."""

from __future__ import annotations

import base64
from urllib.parse import urlsplit

import pytest
from django.test import Client
from lxml import etree

from apps.tenants import services
from foundation import ledger
from foundation.clock import now
from foundation.identity.models import EmailDomain
from tests.apps.tenants.openid_stage import REFUSALS
from tests.identity_providers.running import SamlProvider, running
from tests.support.forms import send_form

NS = {"saml": "urn:oasis:names:tc:SAML:2.0:assertion", "samlp": "urn:oasis:names:tc:SAML:2.0:protocol"}
SARA = {
    "name_id": "sara@acme.test",
    "attributes": {"displayName": "Sara Haddad", "groups": ["builders", "staff"], "mail": "sara@acme.test"},
}


@pytest.fixture(scope="module")
def idp():
    with running("saml_provider") as address:
        yield SamlProvider(address)


@pytest.fixture
def provider(tenant, admin, idp):
    claimed = services.single_sign_on.claim_domain(actor=admin, name="acme.test", now=now())
    EmailDomain.objects.filter(pk=claimed.pk).update(proven_at=now())
    provider = services.single_sign_on.add_saml_provider(
        actor=admin, name="Company", metadata=idp.metadata(), metadata_url="", now=now()
    )
    services.single_sign_on.edit_provider(
        actor=admin,
        provider=provider,
        default_role="",
        mapping=[services.single_sign_on.Line("builders", role="scientist")],
        makes_members=True,
        vouches_for_email=False,
        only_way_in=False,
        claims={"groups": "groups"},
    )
    idp.trust(Client().get(f"/accounts/sso/acme/{provider.pk}/metadata/").content)
    return services.single_sign_on.enable_provider(actor=admin, provider=provider, now=now())


def ask(client, provider):
    return client.get(f"/accounts/sso/acme/{provider.pk}/")["Location"]


def bring(client, provider, fields):
    """The provider's page posts from elsewhere, so without our cookies; the browser then follows with them."""
    posted = send_form(Client(), f"/accounts/sso/acme/{provider.pk}/acs/", fields)
    return client.get(posted["Location"]) if posted.status_code == 303 else posted


def come_in(client, idp, provider, **order):
    address, fields = idp.answer(ask(client, provider), **{**SARA, **order})
    assert urlsplit(address).path == f"/accounts/sso/acme/{provider.pk}/acs/"
    return bring(client, provider, fields)


def spoiled(fields, change):
    """The response with something changed in its XML, as somebody in the middle would."""
    tree = etree.fromstring(base64.b64decode(fields["SAMLResponse"]))
    change(tree)
    return {**fields, "SAMLResponse": base64.b64encode(etree.tostring(tree)).decode()}


def reasons(provider):
    events = ledger.events_of(subject=("identity_provider", provider.pk))
    return [event.payload["reason"] for event in events if event.kind in REFUSALS]


def is_outside(client):
    return client.get("/accounts/")["Location"].startswith("/accounts/login/")
