"""Tokens by which an identity provider keeps people and groups up to date: they open SCIM and nothing else."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from apps.tenants import policies
from apps.tenants.choices import LONGEST_TOKEN_LIFE
from apps.tenants.services.single_sign_on.identity_providers import scim_purpose
from apps.tenants.services.tokens import record_created
from foundation.identity import Actor, tokens
from foundation.identity.models import ApiToken, IdentityProvider


@transaction.atomic
def create_scim_token(
    *, actor: Actor, provider: IdentityProvider, lives: timedelta, now: datetime
) -> tuple[ApiToken, str]:
    """A token of the provider and its one readable copy. It holds no permission at all, so no other API hears it."""
    policies.check_can_manage_sign_in(actor)
    row, text = tokens.create_token(
        tenant=actor.tenant,
        name=f"SCIM · {provider.name}"[:120],
        purpose=scim_purpose(provider.pk),
        scopes=[],
        expires_at=now + min(lives, LONGEST_TOKEN_LIFE),
    )
    record_created(actor, row)
    return row, text
