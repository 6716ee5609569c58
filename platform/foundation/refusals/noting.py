"""Who asked, as far as that is proven, and so on whose ledger the refusal stands."""

from __future__ import annotations

import logging
from dataclasses import replace
from uuid import UUID

from django.db import DatabaseError

from foundation.access.models import Membership
from foundation.clock import now
from foundation.errors import NotFound
from foundation.identity import Actor, tokens
from foundation.identity.models import ApiToken, User
from foundation.refusals.folding import Asker, fold
from foundation.refusals.sayings import Asked, Reason
from foundation.tenancy import find_tenant, scope, why_closed
from foundation.tenancy.models import Tenant

log = logging.getLogger("sanad.refusals")
_SUBJECTS = {"user": "person", "service": "service_account", "workload": "token"}


def note(actor: Actor, asked: Asked) -> None:
    """Put on the ledger of the actor's own tenant that they were refused; in a transaction of its own."""
    if actor.id is not None:
        _fold(Asker(actor.id, actor, (_SUBJECTS.get(actor.kind, "tenant"), actor.id)), asked)


def note_about(subject: tuple[str, UUID], asked: Asked, *, tenant: Tenant, request_id: str = "") -> None:
    """The same where nobody is known who asked, and the thing they showed once opened something of the tenant."""
    _fold(_bearer(subject, tenant, request_id), asked)


def note_token(row: ApiToken, asked: Asked, *, request_id: str = "") -> None:
    """The same for a token that is good and was refused before its owner was looked at: its place, or its owner."""
    _fold(_holder(row, request_id), asked)


def note_token_of(digest: str, asked: Asked, *, request_id: str = "", count: int = 1) -> None:
    """The same for a token that has expired or was revoked; one that nobody ever had is nobody's, and only logged.

    Whoever shows a void token need not be its owner, so the portal itself is the actor and the token the subject.
    """
    row = tokens.find_any(digest)
    if row is None:
        log.warning("A token that nobody has was refused at %s", asked.route)
        return
    reason = _why_void(row) or asked.reason
    _fold(_holder(row, request_id), replace(asked, reason=reason), count)


def note_elsewhere(user: User, asked: Asked, *, at_home: str, wanted: str, request_id: str = "") -> None:
    """For a person who asked for a tenant (`wanted`) that is not theirs: recorded where they work (`at_home`).

    `at_home` is where this session was last let in. Whoever is no member there any more is still heard where they knock
    at that very door; elsewhere it is only logged, so that nobody writes on the ledger of a tenant that they left.
    """
    tenant = _tenant(at_home)
    if tenant is None or not (at_home == wanted or _is_member(user, tenant)):
        log.warning("Somebody signed in was refused at %s, and belongs to no tenant that could be told", asked.route)
        return
    actor = Actor("user", user.pk, tenant, str(user), user=user, request_id=request_id)
    note(actor, asked)


def _why_void(row: ApiToken) -> str:
    if row.revoked_at is not None:
        return Reason.TOKEN_REVOKED.value
    has_expired = row.expires_at is not None and row.expires_at <= now()
    return Reason.TOKEN_EXPIRED.value if has_expired else ""


def _fold(asker: Asker, asked: Asked, count: int = 1) -> None:
    if why_closed(asker.actor.tenant):
        return
    try:
        with scope(asker.actor.tenant_id):
            fold(asker, asked, count=count, at=now())
    except DatabaseError:
        # The answer is given already, and it is a refusal: it stands whether or not it could be written down.
        log.exception("A refusal at %s (%s) could not be recorded", asked.route, asked.status)


def _holder(row: ApiToken, request_id: str) -> Asker:
    with scope(row.tenant_id):
        tenant = Tenant.objects.get(pk=row.tenant_id)
    return _bearer(("token", row.pk), tenant, request_id)


def _bearer(subject: tuple[str, UUID], tenant: Tenant, request_id: str) -> Asker:
    return Asker(subject[1], Actor.system(tenant, "door").with_request(request_id), subject)


def _tenant(slug: str) -> Tenant | None:
    try:
        return find_tenant(slug) if slug else None
    except NotFound:
        return None


def _is_member(user: User, tenant: Tenant) -> bool:
    with scope(tenant.pk, user_id=user.pk):
        return Membership.objects.filter(user=user, tenant=tenant, suspended_at=None).exists()
