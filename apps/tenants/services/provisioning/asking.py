"""Who asks by a SCIM token, and what is recorded where they are refused."""

from __future__ import annotations

from apps.tenants.events import ProvisioningRefused
from apps.tenants.selectors.provisioning import Provisioner
from apps.tenants.services.single_sign_on.identity_providers import scim_purpose
from foundation import ledger
from foundation.identity import Actor
from foundation.identity.models import ApiToken, IdentityProvider
from foundation.tenancy import scope
from foundation.tenancy.models import Tenant

LABEL = "SCIM"


def provisioner_of(*, row: ApiToken, request_id: str) -> Provisioner | None:
    """Whom the token was made for; None where it was not made for SCIM, or its provider is gone."""
    with scope(row.tenant_id):
        tenant = Tenant.objects.get(pk=row.tenant_id)
        for provider in IdentityProvider.objects.filter(tenant=tenant):
            if row.purpose == scim_purpose(provider.pk) and row.user_id is None:
                return Provisioner(provider, Actor.system(tenant, LABEL).with_request(request_id))
    return None


def note_provisioning_refused(*, by: Provisioner, reason: str, status: int) -> None:
    """On the ledger, in a transaction of its own where what was asked for is undone."""
    with scope(by.tenant_id):
        refused = ProvisioningRefused(provider_id=by.provider.pk, reason=reason, status=status)
        ledger.record(refused, actor=by.actor, subject=("identity_provider", by.provider.pk))
