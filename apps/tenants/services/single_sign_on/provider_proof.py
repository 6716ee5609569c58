"""A fresh proof at the identity provider, for whoever came by it: that it was asked for, and that it was given."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.tenants.errors import ProviderRefused
from apps.tenants.ports import Said
from apps.tenants.services.single_sign_on.entering import disabled_provider, use_once
from foundation.access.freshness import CLOCKS_APART
from foundation.identity.models import IdentityProvider, ProviderIdentity
from foundation.tenancy import require_open, scope
from foundation.tenancy.models import Tenant


def prove_by_provider(
    *, provider: IdentityProvider, tenant: Tenant, said: Said, user_id: UUID, asked_at: datetime, now: datetime
) -> datetime:
    """When this person proved to the provider who they are, after they were asked to; ProviderRefused otherwise.

    A provider that answers out of a session of its own says an earlier time, or none: that proves nobody.
    """
    require_open(tenant)
    if provider.enabled_at is None:
        raise disabled_provider()
    with scope(tenant.pk):
        use_once(provider, said)
        known = ProviderIdentity.objects.filter(provider=provider, subject=said.subject, user_id=user_id)
        if not known.exists():
            sentence = _("Somebody else signed in there. Sign out at the provider, then confirm as yourself.")
            raise ProviderRefused(sentence, reason="person")
    claim = "auth_time" if provider.kind == provider.Kind.OIDC else "AuthnInstant"
    if said.proved_at is None or said.proved_at > now + CLOCKS_APART:
        raise ProviderRefused(_unsaid(claim), reason="unproven", claim=claim)
    if said.proved_at < asked_at - CLOCKS_APART:
        raise ProviderRefused(_silent(claim, asked_at - said.proved_at), reason="silent", claim=claim)
    return min(said.proved_at, now)


def _unsaid(claim: str) -> str:
    return _(
        "Your identity provider does not say when you last proved to it who you are (“%(claim)s”), so its answer is no"
        " fresh proof. Its administrator can let it say so; or confirm with a second factor of this portal."
    ) % {"claim": claim}


def _silent(claim: str, before: timedelta) -> str:
    minutes = max(1, int(before.total_seconds() // 60))
    return ngettext(
        "Your identity provider let you through without asking you anything: you last proved to it who you are"
        " %(minutes)d minute before you were to confirm (“%(claim)s”). That is no fresh proof. Sign out there, then"
        " confirm once more.",
        "Your identity provider let you through without asking you anything: you last proved to it who you are"
        " %(minutes)d minutes before you were to confirm (“%(claim)s”). That is no fresh proof. Sign out there, then"
        " confirm once more.",
        minutes,
    ) % {"minutes": minutes, "claim": claim}
