"""Who is behind a websocket: found once, when it opens. Whether they still may be is asked in watching.py."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth import get_user
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from foundation import clock, refusals
from foundation.access.actors import actor_for_user, admit
from foundation.access.second_factor import require_second_factor
from foundation.errors import AccessDenied, PortalError
from foundation.identity import Actor
from foundation.identity.tokens import digest_of, find_token
from foundation.identity.ways import Way
from foundation.refusals import Asked
from foundation.tenancy import find_tenant, require_keys


@dataclass(frozen=True, eq=False)
class Visitor:
    """An admitted connection: the actor, and by what it came in (a session's key or a token's digest).

    Two of one session are two: who connected before a change of their rights came with others than who did after it.
    """

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
        actor = admit(row, address=address, standing=require_keys, tenant_slug=tenant_slug, now=now)
    except PortalError as refusal:
        if refusals.is_recorded(refusal.status, refusal.slug):
            refusals.note_token(row, _at_the_door(refusal))
        raise
    return Visitor(actor, token_digest=digest_of(token))


def admit_session(session_key: str | None, tenant_slug: str) -> Visitor:
    """The person signed in under this session, as a member of the tenant, or the sentence why not."""
    holder = HttpRequest()
    holder.session = session_engine().SessionStore(session_key)
    user = get_user(holder) if session_key else None
    if user is None or not user.is_authenticated:
        raise AccessDenied(_("You are signed out. Sign in again to see changes as they happen."))
    try:
        tenant = find_tenant(tenant_slug)
        actor = actor_for_user(user=user, tenant=tenant, way=Way.of(holder.session))
        require_second_factor(user, tenant, at=clock.now(), way=Way.of(holder.session))
        require_keys(tenant)
    except PortalError as refusal:
        if refusals.is_recorded(refusal.status, refusal.slug):
            home = holder.session.get("tenant", "")
            refusals.note_elsewhere(user, _at_the_door(refusal), at_home=home, wanted=tenant_slug)
        raise
    return Visitor(actor, session_key=str(session_key))


def _at_the_door(refusal: PortalError) -> Asked:
    return Asked.at("ws/", method="CONNECT", status=refusal.status, reason=refusal.slug)


def session_engine() -> Any:
    """The module of the sessions' store, as the settings name it."""
    return import_module(settings.SESSION_ENGINE)
