"""API tokens: made, found, revoked. Permission checks and the ledger entry are made by apps.tenants."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Max

from foundation.identity.models import ApiToken, RevokedToken, ServiceAccount, User
from foundation.tenancy import find_row, scope
from foundation.tenancy.models import Tenant

PREFIX = "snd_"
_USE_NOTED_EVERY = timedelta(minutes=1)
# Whoever remembers a token has refused it for its age long before, however late the clock of that machine is.
_SURELY_EXPIRED = timedelta(days=1)
_NUMBER = """
UPDATE identity_revokedtoken AS revoked SET number = waiting.number
FROM (
  SELECT id, row_number() OVER (ORDER BY id) + (SELECT coalesce(max(number), 0) FROM identity_revokedtoken) AS number
  FROM identity_revokedtoken WHERE number IS NULL
) AS waiting
WHERE revoked.id = waiting.id
"""
# One statement, so one moment: a number that is given between two would be passed over for ever.
_SINCE = """
SELECT coalesce((SELECT max(number) FROM identity_revokedtoken), 0),
       ARRAY(SELECT digest FROM identity_revokedtoken WHERE number > %s ORDER BY number)
"""


def digest_of(token: str) -> str:
    """The SHA-256 under which a token is kept, as 64 hexadecimal digits."""
    return hashlib.sha256(token.encode()).hexdigest()


def create_token(
    *,
    tenant: Tenant,
    name: str,
    user: User | None = None,
    service_account: ServiceAccount | None = None,
    purpose: str = "",
    on_behalf_of: User | None = None,
    scopes: list[str] | None = None,
    networks: list[str] | None = None,
    project_id: UUID | None = None,
    expires_at: datetime | None = None,
) -> tuple[ApiToken, str]:
    """A new token and its one readable copy."""
    token = PREFIX + secrets.token_urlsafe(32)
    row = ApiToken.objects.create(
        tenant=tenant,
        name=name,
        digest=digest_of(token),
        hint=token[:8],
        user=user,
        service_account=service_account,
        purpose=purpose,
        on_behalf_of=on_behalf_of,
        scopes=["*"] if scopes is None else scopes,
        networks=networks or [],
        project_id=project_id,
        expires_at=expires_at,
    )
    return row, token


def find_token(token: str, *, now: datetime) -> ApiToken | None:
    """The live token of these letters; none where it is unknown, expired or revoked."""
    return find_by_digest(digest_of(token), now=now) if token.startswith(PREFIX) else None


def find_by_digest(digest: str, *, now: datetime) -> ApiToken | None:
    row = find_any(digest)
    if row is None or row.revoked_at is not None:
        return None
    return row if row.expires_at is None or row.expires_at > now else None


def find_any(digest: str) -> ApiToken | None:
    """The row of a token that was refused, void or not, to say whose it is; None where nobody has it.

    For records alone: what opens something is found by `find_token`.
    """
    nested = connection.in_atomic_block
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('sanad.token_digest', %s, true)", [digest])
        row = find_row(ApiToken, digest=digest)
        if row is not None and row.user_id is not None:
            row.user = find_row(User, id=row.user_id)
        if nested:  # else the end of the transaction ends it
            with connection.cursor() as cursor:
                cursor.execute("SELECT set_config('sanad.token_digest', '', true)")
    return row


def opens_from(row: ApiToken, address: str | None) -> bool:
    """Whether the token may be used from this address; one without an address is in no network."""
    if not row.networks:
        return True
    if not address:
        return False
    here = ip_address(address)
    here = getattr(here, "ipv4_mapped", None) or here
    return any(here in ip_network(network) for network in row.networks)


def note_use(row: ApiToken, *, address: str | None, now: datetime) -> None:
    """Remember last use and place, at most once a minute."""
    if row.last_used_at is not None and now - row.last_used_at < _USE_NOTED_EVERY:
        return
    with scope(row.tenant_id):
        ApiToken.objects.filter(pk=row.pk).update(last_used_at=now, last_used_from=address)


def revoke(row: ApiToken, *, now: datetime) -> None:
    """Revoke for good, from the caller's commit on. No lock is taken, so no caller's slow transaction keeps another."""
    RevokedToken.objects.create(digest=row.digest, at=now, expires_at=row.expires_at)
    ApiToken.objects.filter(pk=row.pk).update(revoked_at=now)


def revoked_since(number: int) -> tuple[int, list[str]]:
    """The newest revocation number there is, and the digests revoked after `number`.

    Not the number that was asked for: after an old backup was restored, the asker has to go back with the database.
    Outside any transaction, so that the numbers are given and the lock is free again before anything is read.
    """
    _give_numbers()
    with connection.cursor() as cursor:
        cursor.execute(_SINCE, [number])
        newest, digests = cursor.fetchone()
    return newest, digests


def _give_numbers() -> None:
    """Number what is committed. Whatever commits later gets a higher number, whenever its transaction had begun.

    A number given when a row is written would not do: a reader that saw the higher one of a quick transaction would
    never ask for the lower one of a slow transaction. So the lock is held from here to the commit of the numbers alone.
    """
    if not RevokedToken.objects.filter(number=None).exists():
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('identity.revocation'))")
        cursor.execute(_NUMBER)


def forget_workload_tokens(*, tenant_id: UUID, now: datetime) -> int:
    """Delete tokens of runs, tries and replays that expired some time ago; how many there were."""
    rows = ApiToken.objects.filter(tenant_id=tenant_id, user=None, service_account=None)
    return rows.exclude(purpose="").filter(expires_at__lt=now - _SURELY_EXPIRED).delete()[0]


def forget_revocations(*, now: datetime) -> int:
    """Delete revocations of tokens that have expired since, never of one that is void for nothing else.

    The newest stays whatever its age: askers hold their number against the highest one, and one that fell would tell
    them that the database was set back.
    """
    newest = RevokedToken.objects.aggregate(number=Max("number"))["number"] or 0
    return RevokedToken.objects.filter(expires_at__lt=now - _SURELY_EXPIRED, number__lt=newest).delete()[0]
