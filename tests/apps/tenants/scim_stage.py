"""An identity provider that keeps a tenant by SCIM: what it sends, and what the ledger says that it was refused."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.test import Client

from apps.tenants import services
from foundation import ledger
from foundation.clock import now
from foundation.identity.models import EmailDomain, IdentityProvider
from foundation.tenancy import scope

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


class Scim:
    """An identity provider's client: what it sends and what comes back."""

    def __init__(self, tenant_slug, token):
        self.base, self.token = f"/scim/v2/{tenant_slug}", token
        self.client = Client(headers={"Authorization": f"Bearer {token}"})

    def __call__(self, method, path, body=None):
        data = json.dumps(body) if body is not None else ""
        return self.client.generic(method, f"{self.base}{path}", data, content_type="application/scim+json")

    def make(self, email, **more):
        return self("POST", "/Users", {"schemas": [USER], "userName": email, **more})

    def patch(self, path, *operations):
        return self("PATCH", path, {"schemas": [PATCH], "Operations": list(operations)})

    def group(self, name, *members, **more):
        given = [{"value": one} for one in members]
        return self("POST", "/Groups", {"schemas": [GROUP], "displayName": name, "members": given, **more})

    def found(self, what, expression):
        return self.client.get(f"{self.base}/{what}", {"filter": expression}).json()


def scim_of(tenant, admin, domain):
    """A provider of the tenant with a proven domain, a mapping and a SCIM token."""
    with scope(tenant.pk):
        claimed = services.single_sign_on.claim_domain(actor=admin, name=domain, now=now())
        EmailDomain.objects.filter(pk=claimed.pk).update(proven_at=now())
        mapping = [
            {"external": "Builders", "role": "scientist", "group": ""},
            {"external": "Bosses", "role": "admin", "group": ""},
        ]
        provider = IdentityProvider.objects.create(
            tenant=tenant, kind="oidc", name="Company", issuer="https://id.test", mapping=mapping, created_at=now()
        )
        _row, text = services.provisioning.create_scim_token(
            actor=admin, provider=provider, lives=timedelta(days=90), now=now()
        )
    return Scim(tenant.slug, text), provider


@pytest.fixture
def made(tenant, admin):
    return scim_of(tenant, admin, "acme.test")


@pytest.fixture
def scim(made):
    return made[0]


@pytest.fixture
def provider(made):
    return made[1]


def reasons(provider):
    events = ledger.events_of(subject=("identity_provider", provider.pk))
    return [event.payload["reason"] for event in events if event.kind == "provisioning.refused"]
