"""Our own addresses, as an identity provider is told of them."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.urls import reverse


def callback_of(tenant_slug: str, provider_id: UUID) -> str:
    return _public("tenants:sso_callback", tenant_slug, provider_id)


def acs_of(tenant_slug: str, provider_id: UUID) -> str:
    return _public("tenants:sso_acs", tenant_slug, provider_id)


def entity_id_of(tenant_slug: str, provider_id: UUID) -> str:
    return _public("tenants:sso_metadata", tenant_slug, provider_id)


def logout_of(tenant_slug: str, provider_id: UUID) -> str:
    """Where a provider says that a session ended there."""
    return _public("tenants:sso_logout", tenant_slug, provider_id)


def after_sign_out() -> str:
    """Where a provider sends whoever signed out there."""
    return _public("tenants:signed_out")


def _public(name: str, *place: object) -> str:
    return str(settings.SANAD_PUBLIC_URL) + reverse(name, args=place)
