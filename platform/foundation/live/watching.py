"""Who of the connected may no longer be: asked twice a second, in as many statements for all tenants as for one.

Rights are compared as they are, not as somebody said that they changed: a word of the portal (`live.disconnect`) is
quicker, and may be lost with Valkey.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.db.models import Q
from django.utils.crypto import constant_time_compare
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from foundation.access import grants, guests
from foundation.access.models import Membership
from foundation.identity.models import ApiToken, ServiceAccount, User
from foundation.live.visitors import Visitor, session_engine
from foundation.tenancy import places_in, why_locked
from foundation.tenancy.models import Tenant

Sentence = str | Promise
Holder = tuple[UUID, UUID | None]


@dataclass(frozen=True)
class Place:
    """What a person or a service account holds in a tenant now."""

    role: str
    grants: Mapping[UUID, frozenset[str]]
    second_factor: bool = True


@dataclass(frozen=True)
class _Found:
    """The present state of all that the connected rest on; places by tenant and holder."""

    sessions: set[str]
    tokens: set[str]
    places: Mapping[Holder, Place]
    tenants: Mapping[UUID, Tenant]


def no_longer_welcome(visitors: Iterable[Visitor], *, now: datetime) -> dict[Visitor, Sentence]:
    """Of the connected, those whose session, token, place or rights are no longer what they came with.

    Each with the sentence to say. Whoever gained a right is sent away like whoever lost one: they connect again, and
    what they may hear is asked anew.
    """
    asked = list(visitors)
    if not asked:
        return {}
    sessions = _live_sessions(asked, now)
    with places_in({visitor.tenant_id for visitor in asked}):
        places = _of_people(asked) | _of_guests(asked) | _of_programs(asked)
        tenants = {tenant.pk: tenant for tenant in Tenant.objects.filter(pk__in={v.tenant_id for v in asked})}
        found = _Found(sessions, _live_tokens(asked, now), places, tenants)
    sentences = {visitor: _why_not(visitor, found, now) for visitor in asked}
    return {visitor: sentence for visitor, sentence in sentences.items() if sentence}


def _why_not(visitor: Visitor, found: _Found, now: datetime) -> Sentence | None:
    tenant = found.tenants.get(visitor.tenant_id)
    if tenant is not None and (closed := why_locked(tenant)):
        return closed
    if visitor.session_key and visitor.session_key not in found.sessions:
        return _("You are signed out. Sign in again to see changes as they happen.")
    if visitor.token_digest and visitor.token_digest not in found.tokens:
        return _("This token was revoked or has expired.")
    place = found.places.get((visitor.tenant_id, visitor.actor.id))
    if visitor.actor.kind == "user":
        return _why_not_person(visitor, place, tenant, now)
    return _why_not_program(visitor, place) if visitor.actor.kind == "service" else None


def _why_not_person(visitor: Visitor, place: Place | None, tenant: Tenant | None, now: datetime) -> Sentence | None:
    if tenant is None or place is None or place.role != visitor.actor.role:
        return _("Your membership of this tenant has changed.")
    if place.grants != visitor.actor.grants:
        return _("Your permissions changed; reload the page.")
    due = tenant.second_factor_due
    # Of whoever came by the tenant's provider, the provider asks.
    is_asked = visitor.session_key and not visitor.actor.by_provider and due is not None and due <= now
    if is_asked and not place.second_factor:
        return _("This organisation asks for a second factor; set one up in your account.")
    return None


def _why_not_program(visitor: Visitor, place: Place | None) -> Sentence | None:
    if place is None:
        return _("This service account is disabled; a tenant administrator can enable it.")
    if (place.role, place.grants) != (visitor.actor.role, visitor.actor.grants):
        return _("What this service account may do has changed; connect again.")
    return None


def _ids_of(kind: str, visitors: list[Visitor]) -> dict[str, set[UUID]]:
    mine = [v.actor for v in visitors if v.actor.kind == kind and v.actor.id is not None]
    return {"tenants": {actor.tenant_id for actor in mine}, "ids": {actor.id for actor in mine if actor.id is not None}}


def _of_people(visitors: list[Visitor]) -> dict[Holder, Place]:
    asked = _ids_of("user", visitors)
    rows = Membership.objects.filter(tenant_id__in=asked["tenants"], user_id__in=asked["ids"])
    rows = rows.filter(user__is_active=True, suspended_at=None).annotate(**grants.of_person())
    words = ("tenant_id", "user_id", "role", "granted", "roles", "user__second_factor_at")
    return {
        (tenant_id, user_id): Place(role, grants.by_project(granted, roles), factor_at is not None)
        for tenant_id, user_id, role, granted, roles, factor_at in rows.values_list(*words)
    }


def _of_guests(visitors: list[Visitor]) -> dict[Holder, Place]:
    """Operators whom a tenant lets in hold their level as long as that holds."""
    asked = _ids_of("user", [visitor for visitor in visitors if visitor.actor.guest_until is not None])
    if not asked["ids"]:
        return {}
    held = guests.levels(tenant_ids=asked["tenants"], user_ids=asked["ids"])
    return {holder: Place(level, {}) for holder, level in held.items()}


def _of_programs(visitors: list[Visitor]) -> dict[Holder, Place]:
    ids = _ids_of("service", visitors)["ids"]
    rows = ServiceAccount.objects.filter(pk__in=ids, disabled_at=None).annotate(**grants.of_program())
    words = ("tenant_id", "pk", "role", "roles")
    return {
        (tenant_id, pk): Place(role, grants.by_project([], roles))
        for tenant_id, pk, role, roles in rows.values_list(*words)
    }


def _live_tokens(visitors: list[Visitor], now: datetime) -> set[str]:
    digests = {visitor.token_digest for visitor in visitors if visitor.token_digest}
    rows = ApiToken.objects.filter(Q(expires_at=None) | Q(expires_at__gt=now), digest__in=digests, revoked_at=None)
    return set(rows.values_list("digest", flat=True)) if digests else set()


def _live_sessions(visitors: list[Visitor], now: datetime) -> set[str]:
    """Keys of sessions that still sign in the person they did; a changed password ends them too."""
    owners = {visitor.session_key: visitor.actor.id for visitor in visitors if visitor.session_key}
    if not owners:
        return set()
    store = session_engine().SessionStore()
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
