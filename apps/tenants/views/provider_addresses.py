"""Our own addresses, as an identity provider is told of them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.tenants import services


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


def facts_of(tenant_slug: str, provider: Any) -> list[list[dict[str, str]]]:
    """What the provider's administrator copies over there, one box each."""
    place = (tenant_slug, provider.pk)
    if provider.kind == provider.Kind.OIDC:
        places = (
            (_("Redirect URI"), callback_of(*place)),
            (_("Post-logout redirect URI"), after_sign_out()),
            (_("Back-channel logout URI"), logout_of(*place)),
        )
    else:
        acs, entity_id = acs_of(*place), entity_id_of(*place)
        places = ((_("Reply URL (ACS)"), acs), (_("Entity id (audience)"), entity_id), (_("Metadata"), entity_id))
    return [[{"name": name, "code": code}] for name, code in places]


def record_of(domain: Any) -> list[list[dict[str, str]]]:
    """The TXT record that proves the domain, to copy: its name and its value, a box each."""
    name, value = (
        f"{services.single_sign_on.RECORD_AT}.{domain.name}",
        f"{services.single_sign_on.RECORD_SAYS}{domain.challenge}",
    )
    return [[{"name": _("Name of the TXT record"), "code": name}], [{"name": _("Value"), "code": value}]]


def _public(name: str, *place: object) -> str:
    return str(settings.SANAD_PUBLIC_URL) + reverse(name, args=place)
