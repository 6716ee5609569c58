"""Who is behind a websocket, and whether they still may be."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY, get_user
from django.db.models import Q
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from foundation import clock, refusals
from foundation.access import guests
from foundation.access.actors import actor_for_token, actor_for_user
from foundation.access.models import Membership
from foundation.access.second_factor import require_second_factor
from foundation.errors import AccessDenied, NotFound, PortalError
from foundation.identity import Actor
from foundation.identity.models import ApiToken, ServiceAccount, User
from foundation.identity.tokens import digest_of, find_token, note_use
from foundation.identity.ways import Way
from foundation.refusals import Asked
from foundation.tenancy import find_tenant, require_open, scope, why_closed
from foundation.tenancy.models import Tenant


@dataclass(frozen=True)
class Visitor:
    """An admitted connection: the actor, and by what it came in (a session's key or a token's digest)."""

    actor: Actor
    session_key: str = ""
    token_digest: str = ""

    @property
    def tenant_id(self) -> UUID:
        return self.actor.tenant_id


def admit_token(token: str, tenant_slug: str, *, address: str | None, now: datetime) -> Visitor:
    """The owner of a bearer token, or the sentence why not."""
    row = find_token(token, now=now)
    if row is None:
        refused = AccessDenied(_("This token is unknown, expired or revoked. Make a new one under Settings, Tokens."))
        refusals.note_token_of(digest_of(token), _at_the_door(refused))
        raise refused
    try:
        actor = _actor_by(row, tenant_slug, address)
    except PortalError as refusal:
        if refusals.is_recorded(refusal.status, refusal.slug):
            refusals.note_token(row, _at_the_door(refusal))
        raise
    note_use(row, address=address, now=now)
    return Visitor(actor, token_digest=digest_of(token))


def _actor_by(row: ApiToken, tenant_slug: str, address: str | None) -> Actor:
    actor = actor_for_token(row=row, address=address)
    require_open(actor.tenant)
    if tenant_slug and actor.tenant.slug != tenant_slug:
        raise NotFound(_("There is no such tenant, or you are not a member of it."))
    return actor


def admit_session(session_key: str | None, tenant_slug: str) -> Visitor:
    """The person signed in under this session, as a member of the tenant, or the sentence why not."""
    holder = HttpRequest()
    holder.session = _session_engine().SessionStore(session_key)
    user = get_user(holder) if session_key else None
    if user is None or not user.is_authenticated:
        raise AccessDenied(_("You are signed out. Sign in again to see changes as they happen."))
    try:
        tenant = find_tenant(tenant_slug)
        actor = actor_for_user(user=user, tenant=tenant, way=Way.of(holder.session))
        require_second_factor(user, tenant, at=clock.now(), way=Way.of(holder.session))
        require_open(tenant)
    except PortalError as refusal:
        if refusals.is_recorded(refusal.status, refusal.slug):
            home = holder.session.get("tenant", "")
            refusals.note_elsewhere(user, _at_the_door(refusal), at_home=home, wanted=tenant_slug)
        raise
    return Visitor(actor, session_key=str(session_key))


def _at_the_door(refusal: PortalError) -> Asked:
    return Asked.at("ws/", method="CONNECT", status=refusal.status, reason=refusal.slug)


def no_longer_welcome(visitors: Iterable[Visitor], *, now: datetime) -> dict[Visitor, str | Promise]:
    """Of the connected, those whose session, token, membership or role is gone, each with the sentence to say.

    A handful of queries for all of them together: it runs once a second.
    """
    all_of_them = list(visitors)
    live_sessions = _live_sessions(all_of_them, now)
    sent_away: dict[Visitor, str | Promise] = {}
    for tenant_id, group in _by_tenant(all_of_them).items():
        with scope(tenant_id):
            roles = _roles(tenant_id, group)
            tokens = _live_tokens(group, now)
            accounts = _live_accounts(group)
            lacking = _without_factor(tenant_id, group, now)
            closed = _closed(tenant_id)
        for visitor in group:
            if closed:
                sent_away[visitor] = closed
            elif visitor.session_key and visitor.actor.id in lacking:
                sent_away[visitor] = _("This organisation asks for a second factor; set one up in your account.")
            elif sentence := _why_not(visitor, live_sessions, roles, tokens, accounts):
                sent_away[visitor] = sentence
    return sent_away


def _why_not(
    visitor: Visitor, sessions: set[str], roles: dict[UUID, str], tokens: set[str], accounts: set[UUID]
) -> str | Promise | None:
    actor = visitor.actor
    if visitor.session_key and visitor.session_key not in sessions:
        return _("You are signed out. Sign in again to see changes as they happen.")
    if visitor.token_digest and visitor.token_digest not in tokens:
        return _("This token was revoked or has expired.")
    if actor.kind == "user" and roles.get(actor.id or UUID(int=0)) != actor.role:
        return _("Your membership of this tenant has changed.")
    if actor.kind == "service" and actor.id not in accounts:
        return _("This service account is disabled; a tenant administrator can enable it.")
    return None


def _by_tenant(visitors: list[Visitor]) -> dict[UUID, list[Visitor]]:
    grouped: dict[UUID, list[Visitor]] = defaultdict(list)
    for visitor in visitors:
        grouped[visitor.tenant_id].append(visitor)
    return grouped


def _ids_of(kind: str, visitors: list[Visitor]) -> set[UUID]:
    return {v.actor.id for v in visitors if v.actor.kind == kind and v.actor.id is not None}


def _roles(tenant_id: UUID, visitors: list[Visitor]) -> dict[UUID, str]:
    ids = _ids_of("user", visitors)
    rows = Membership.objects.filter(tenant_id=tenant_id, user_id__in=ids, user__is_active=True, suspended_at=None)
    found = dict(rows.values_list("user_id", "role")) if ids else {}
    came = {v.actor.id for v in visitors if v.actor.id is not None and v.actor.guest_until is not None}
    strangers = came - found.keys()
    # Operators whom the tenant lets in hold their level as long as that holds.
    return found | (guests.levels(tenant_id=tenant_id, user_ids=strangers) if strangers else {})


def _closed(tenant_id: UUID) -> str:
    """The sentence where the tenant is suspended or has left."""
    tenant = Tenant.objects.filter(pk=tenant_id).first()
    return why_closed(tenant) if tenant is not None else ""


def _without_factor(tenant_id: UUID, visitors: list[Visitor], now: datetime) -> set[UUID]:
    """Who came without a second factor and has none, where the tenant asks for one and the day has come."""
    ids = {v.actor.user.pk for v in visitors if v.actor.user and _is_asked_here(v)}
    asked = Membership.objects.filter(tenant_id=tenant_id, tenant__second_factor_due__lte=now)
    rows = asked.filter(user_id__in=ids, user__second_factor_at=None)
    return set(rows.values_list("user_id", flat=True)) if ids else set()


def _live_tokens(visitors: list[Visitor], now: datetime) -> set[str]:
    digests = {visitor.token_digest for visitor in visitors if visitor.token_digest}
    rows = ApiToken.objects.filter(Q(expires_at=None) | Q(expires_at__gt=now), digest__in=digests, revoked_at=None)
    return set(rows.values_list("digest", flat=True)) if digests else set()


def _live_accounts(visitors: list[Visitor]) -> set[UUID]:
    ids = _ids_of("service", visitors)
    rows = ServiceAccount.objects.filter(pk__in=ids, disabled_at=None)
    return set(rows.values_list("pk", flat=True)) if ids else set()


def _live_sessions(visitors: list[Visitor], now: datetime) -> set[str]:
    """Keys of sessions that still sign in the person they did; a changed password ends them too."""
    owners = {visitor.session_key: visitor.actor.id for visitor in visitors if visitor.session_key}
    if not owners:
        return set()
    store = _session_engine().SessionStore()
    rows = store.get_model_class().objects.filter(session_key__in=owners, expire_date__gt=now)
    people = {user.pk: user for user in User.objects.filter(pk__in=set(owners.values()))}
    live = set()
    for key, packed in rows.values_list("session_key", "session_data"):
        user = people.get(owners[key] or UUID(int=0))
        if user is not None and _signs_in(store.decode(packed), user):
            live.add(key)
    return live


def _signs_in(content: dict[str, Any], user: User) -> bool:
    hashes = [user.get_session_auth_hash(), *user.get_session_auth_fallback_hash()]
    given = str(content.get(HASH_SESSION_KEY, ""))
    return content.get(SESSION_KEY) == str(user.pk) and any(constant_time_compare(given, known) for known in hashes)


def _session_engine() -> Any:
    return import_module(settings.SESSION_ENGINE)


def _is_asked_here(visitor: Visitor) -> bool:
    """Of whoever came by the tenant's provider, the provider asks."""
    actor = visitor.actor
    return bool(visitor.session_key and actor.user and not actor.by_provider and not actor.user.second_factor_at)
