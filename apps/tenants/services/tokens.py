"""Tokens of people and of workloads: made, renewed, revoked, each act on the ledger."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from apps.tenants import policies
from apps.tenants.choices import EVERYTHING
from apps.tenants.events import TokenCreated, TokenRevoked
from foundation import access, clock, ledger, live
from foundation.access import Permission
from foundation.access.actors import actor_for_user
from foundation.errors import Invalid, NotFound
from foundation.identity import Actor, neighbours, tokens
from foundation.identity.models import ApiToken, ServiceAccount, User
from foundation.tenancy import in_each
from foundation.tenancy.models import Tenant

_PURPOSE = re.compile(r"[a-z_]{1,30}:[A-Za-z0-9._-]{1,48}")


@transaction.atomic
def create_token(
    *,
    actor: Actor,
    name: str,
    scopes: Collection[str],
    expires_at: datetime | None,
    now: datetime,
    project_id: UUID | None = None,
    networks: Collection[str] = (),
) -> tuple[ApiToken, str]:
    """A token of the actor's own, and its one readable copy; it may do no more than who makes it.

    `networks` are addresses or CIDR networks from which alone it opens; none: from everywhere.
    """
    policies.check_can_create_token(actor)
    given: dict[str, Any] = {
        "name": name,
        "scopes": scopes,
        "expires_at": expires_at,
        "project_id": project_id,
        "networks": networks,
    }
    return make_token(actor=actor, user=actor.user, now=now, **given)


def make_token(
    *,
    actor: Actor,
    name: str,
    scopes: Collection[str],
    expires_at: datetime | None,
    now: datetime,
    project_id: UUID | None,
    networks: Collection[str],
    user: User | None = None,
    service_account: ServiceAccount | None = None,
) -> tuple[ApiToken, str]:
    """A token of a person or a service account, no wider and no longer than the actor's own; on the ledger.

    The caller has checked whether the actor may make one for this owner.
    """
    # Also for one that only reads: it carries data out, and asks nobody again.
    access.require_fresh(actor)
    if not name.strip():
        raise Invalid(_("A token needs a name."), fields={"name": [_("Say what it is for.")]})
    if not scopes:
        raise Invalid(_("A token that may do nothing is of no use."), fields={"scopes": [_("Choose one at least.")]})
    policies.check_can_give(actor, scopes=scopes, project_id=project_id)
    maker = ApiToken.objects.get(pk=actor.token_id) if actor.token_id else None
    policies.check_expiry(expires_at=expires_at, limit=maker.expires_at if maker else None, now=now)
    row, text = tokens.create_token(
        tenant=actor.tenant,
        name=name.strip(),
        user=user,
        service_account=service_account,
        scopes=sorted(scopes),
        networks=policies.check_networks(networks, limit=maker.networks if maker else []),
        project_id=project_id,
        expires_at=expires_at,
    )
    record_created(actor, row)
    return row, text


@transaction.atomic
def issue_workload_token(
    *,
    actor: Actor,
    project_id: UUID,
    purpose: str,
    scopes: Collection[str],
    ttl: timedelta,
    on_behalf_of: User | None = None,
) -> tuple[ApiToken, str]:
    """A short-lived token for one run or replica (`purpose` like "run:<id>"), with no more rights than the actor's.

    It ends with the rights of whoever it acts for: the actor, or where that is the portal itself, `on_behalf_of`.
    """
    if not _PURPOSE.fullmatch(purpose):
        raise ValueError(f"{purpose!r} is no purpose; it names the workload, like “run:<id>”.")
    policies.check_can_give(actor, scopes=scopes, project_id=project_id)
    row, text = tokens.create_token(
        tenant=actor.tenant,
        name=purpose,
        purpose=purpose,
        on_behalf_of=actor.user or on_behalf_of,
        scopes=sorted(scopes),
        project_id=project_id,
        expires_at=clock.now() + ttl,
    )
    record_created(actor, row)
    return row, text


@transaction.atomic
def renew_workload_token(*, tenant: Tenant, purpose: str, ttl: timedelta, now: datetime) -> int:
    """Let the live tokens of a workload end `ttl` from now; answers how many were renewed.

    It is the state of something that works, so it stays off the ledger: their making and their end stand there.
    """
    rows = list(_live_workload_tokens(tenant, purpose).filter(expires_at__gt=now))
    for row in rows:
        row.expires_at = now + ttl
        row.save(update_fields=["expires_at"])
    return len(rows)


@transaction.atomic
def revoke_workload_tokens(*, tenant: Tenant, purpose: str, now: datetime) -> int:
    """Void every token of a workload that ended; answers how many there were."""
    rows = list(_live_workload_tokens(tenant, purpose))
    for row in rows:
        revoke_row(_portal(tenant), row, now)
    return len(rows)


@transaction.atomic
def revoke_token(*, actor: Actor, token: ApiToken, now: datetime) -> ApiToken:
    """Void a token for good, everywhere within a second; revoking it again changes nothing."""
    policies.check_can_revoke(actor, token)
    token = ApiToken.objects.select_for_update(of=("self",)).select_related("user").get(pk=token.pk)
    if token.revoked_at is None:
        revoke_row(actor, token, now)
    return token


def revoke_tokens_of_member(*, actor: Actor, user_id: UUID, now: datetime) -> None:
    """Void all tokens that a person made in the actor's tenant, and those of what acts for them."""
    theirs = Q(user_id=user_id) | Q(on_behalf_of_id=user_id)
    for row in _live_tokens(actor).filter(theirs):
        revoke_row(actor, row, now)


def revoke_tokens_of_account(*, actor: Actor, account_id: UUID, now: datetime) -> int:
    """Void all tokens of a service account; answers how many there were."""
    rows = list(_live_tokens(actor).filter(service_account_id=account_id))
    for row in rows:
        revoke_row(actor, row, now)
    return len(rows)


def revoke_tokens_beyond(*, actor: Actor, user: User, now: datetime) -> None:
    """Void the tokens of what acts for a member and uses a right that they no longer hold.

    Their own tokens stay: what those may do is asked of the member's role anew with each use.
    """
    member = _as_member(actor, user)
    for row in _live_tokens(actor).filter(on_behalf_of=user):
        rights = [Permission(name) for name in row.scopes if name != EVERYTHING]
        if member is None or not all(access.can(member, right, access.Inside(row.project_id)) for right in rights):
            revoke_row(actor, row, now)


def _as_member(actor: Actor, user: User) -> Actor | None:
    """The person with what they hold now; nobody where their place is closed."""
    try:
        return actor_for_user(user=user, tenant=actor.tenant)
    except NotFound:
        return None


def forget_expired_tokens(*, now: datetime) -> None:
    """Clear what is left of workloads' tokens that have expired; people's stay on their pages."""
    tokens.forget_revocations(now=now)
    neighbours.forget_calls(now=now)
    in_each(lambda tenant: tokens.forget_workload_tokens(tenant_id=tenant.pk, now=now))


def revoke_row(actor: Actor, row: ApiToken, now: datetime) -> None:
    """Void it, on the ledger, and cut off what listens by it; the caller has locked it and checked who may."""
    tokens.revoke(row, now=now)
    row.revoked_at = now
    revoked = TokenRevoked(token_id=row.pk, purpose=row.purpose)
    ledger.record(revoked, actor=actor, project_id=row.project_id, subject=("token", row.pk))
    live.disconnect(token_digest=row.digest, sentence=_("The token was revoked."))


def record_created(actor: Actor, row: ApiToken) -> None:
    """Put a new token on the ledger; whoever made it has checked who may."""
    created = TokenCreated(
        token_id=row.pk,
        project=row.project_id,
        everything=EVERYTHING in row.scopes,
        scopes=[scope for scope in row.scopes if scope != EVERYTHING],
        purpose=row.purpose,
        networks=len(row.networks),
        expires_at=row.expires_at,
    )
    ledger.record(created, actor=actor, project_id=row.project_id, subject=("token", row.pk))


def _live_tokens(actor: Actor) -> QuerySet[ApiToken]:
    rows = ApiToken.objects.select_for_update(of=("self",)).filter(tenant_id=actor.tenant_id, revoked_at=None)
    return rows.order_by("pk")


def _live_workload_tokens(tenant: Tenant, purpose: str) -> QuerySet[ApiToken]:
    rows = ApiToken.objects.select_for_update().filter(tenant=tenant, purpose=purpose, revoked_at=None)
    return rows.filter(user=None, service_account=None).order_by("pk")


def _portal(tenant: Tenant) -> Actor:
    return Actor.system(tenant, label="workloads")
