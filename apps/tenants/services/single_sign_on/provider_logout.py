"""The end of a session at an identity provider: said by the provider itself, or asked for by whoever signs out here."""

from __future__ import annotations

from django.utils.translation import gettext as _

from apps.tenants.errors import ProviderRefused
from apps.tenants.events import SessionsEndedByProvider
from apps.tenants.ports import LogoutToken
from apps.tenants.services.single_sign_on.entering import LABEL, is_first_use
from apps.tenants.services.single_sign_on.provided_sessions import end_sessions_said
from foundation import ledger
from foundation.identity import Actor
from foundation.identity.models import IdentityProvider
from foundation.identity.ways import Way
from foundation.tenancy import scope, why_closed
from foundation.tenancy.models import Tenant


def provider_of(way: Way) -> tuple[IdentityProvider, Tenant] | None:
    """The provider by which a session came, with its tenant, while both let people in."""
    if way.tenant_id is None or way.provider_id is None:
        return None
    with scope(way.tenant_id):
        rows = IdentityProvider.objects.select_related("tenant").filter(tenant_id=way.tenant_id, pk=way.provider_id)
        found = rows.filter(enabled_at__isnull=False).first()
    return (found, found.tenant) if found is not None and not why_closed(found.tenant) else None


def end_by_provider(*, provider: IdentityProvider, tenant: Tenant, token: LogoutToken, request_id: str = "") -> int:
    """End what the token names of this provider's sessions; answers how many those were. Each token is heard once."""
    with scope(tenant.pk):
        if not is_first_use(provider, f"logout {token.token_id}", token.expires_at):
            raise ProviderRefused(_("This logout token was heard already."), reason="replayed", claim="jti")
        ended = end_sessions_said(provider, subject=token.subject, sid=token.sid)
        if ended:
            event = SessionsEndedByProvider(provider_id=provider.pk, sessions=ended)
            actor = Actor.system(tenant, LABEL).with_request(request_id)
            ledger.record(event, actor=actor, subject=("identity_provider", provider.pk))
        return ended
