"""Reads of identity providers, domains and SCIM tokens, for whoever configures the tenant."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from foundation import access
from foundation.access import Permission
from foundation.access.models import Group
from foundation.errors import NotFound
from foundation.identity import Actor
from foundation.identity.models import ApiToken, EmailDomain, IdentityProvider


def identity_providers(*, actor: Actor) -> QuerySet[IdentityProvider]:
    access.require(actor, Permission.TENANT_MANAGE)
    return IdentityProvider.objects.filter(tenant_id=actor.tenant_id)


def get_identity_provider(*, actor: Actor, provider_id: UUID) -> IdentityProvider:
    found = identity_providers(actor=actor).filter(pk=provider_id).first()
    if found is None:
        raise NotFound(_("There is no such identity provider in this tenant."))
    return found


def email_domains(*, actor: Actor) -> QuerySet[EmailDomain]:
    access.require(actor, Permission.TENANT_MANAGE)
    return EmailDomain.objects.filter(tenant_id=actor.tenant_id)


def get_email_domain(*, actor: Actor, domain_id: UUID) -> EmailDomain:
    found = email_domains(actor=actor).filter(pk=domain_id).first()
    if found is None:
        raise NotFound(_("This domain is not claimed here."))
    return found


def scim_tokens(*, actor: Actor, purpose: str, now: datetime) -> QuerySet[ApiToken]:
    """Those of one provider that still open its SCIM."""
    access.require(actor, Permission.TENANT_MANAGE)
    rows = ApiToken.objects.filter(tenant_id=actor.tenant_id, purpose=purpose, revoked_at=None)
    return rows.filter(Q(expires_at=None) | Q(expires_at__gt=now))


def get_scim_token(*, actor: Actor, purpose: str, token_id: UUID) -> ApiToken:
    access.require(actor, Permission.TENANT_MANAGE)
    found = ApiToken.objects.filter(tenant_id=actor.tenant_id, purpose=purpose, pk=token_id).first()
    if found is None:
        raise NotFound(_("There is no such token, or it is not yours to see."))
    return found


def group_names(*, actor: Actor) -> list[tuple[str, str]]:
    """The tenant's groups as (id, name)."""
    access.require(actor, Permission.TENANT_MANAGE)
    rows = Group.objects.filter(tenant_id=actor.tenant_id).order_by("name").values_list("pk", "name")
    return [(str(pk), name) for pk, name in rows]
