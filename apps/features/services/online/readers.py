"""Programs inside the house's network that read the online store themselves.

Each is given the views' secrets and a name at the store that may read under these views' names and nothing else, for a
quarter of an hour; it asks again while it runs. The store itself keeps who there is: the name says until when it holds,
and of which token it was.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from apps.features.errors import DefinitionRefused
from apps.features.events import ReaderAdmitted
from apps.features.selectors import get_view
from apps.features.services.online.keys import online_store
from apps.features.services.online.planning import online_plan
from foundation import access, ledger
from foundation.access import Permission
from foundation.errors import OverQuota
from foundation.identity import Actor
from runtime.online import Plan

LIFETIME = timedelta(minutes=15)
# Of one token, or of one person's sessions, at the same time: the store keeps every name in its memory.
MOST_NAMES = 50
BEGINNING = "sanad-reader"


@dataclass(frozen=True)
class Admitted:
    """What a reader needs: a plan with secrets, and an address of the store with a name and a password of its own."""

    plan: Plan = field(repr=False)
    url: str = field(repr=False)
    expires_at: datetime


@transaction.atomic
def admit_reader(*, actor: Actor, asked: Mapping[str, Any], now: datetime) -> Admitted:
    """Let a program read these views by itself (`online_plan`): only who sees all of their values in clear."""
    plan = online_plan(actor=actor, asked=asked)
    views = [get_view(actor=actor, view_id=one.view.id) for one in plan.views]
    for view, one in zip(views, plan.views, strict=True):
        if one.masks:
            said = _("A reader opens every value of %(view)s, and some you see masked. Read it through the portal.")
            access.require(actor, Permission.DATASET_CLEAR, view, else_say=said % {"view": view})
    whose = (actor.token_id or actor.id or UUID(int=0)).hex
    _check_few(whose)
    expires_at = now + LIFETIME
    name = f"{BEGINNING}-{int(expires_at.timestamp())}-{whose}-{secrets.token_hex(8)}"
    password = secrets.token_urlsafe(32)
    for view in views:
        admitted = ReaderAdmitted(view_id=view.pk, expires_at=expires_at.isoformat())
        ledger.record(admitted, actor=actor, project_id=view.project_id, subject=("feature_view", view.pk))
    online_store().admit(name, password, [one.view.prefix for one in plan.views])
    return Admitted(plan, _address(name, password), expires_at)


def end_readers(*, now: datetime) -> int:
    """Take away the names whose time is over; how many there were."""
    return _end(lambda expires, _token: expires <= now)


def end_readers_of(*, token_id: UUID, but: str = "") -> int:
    """The same of the names that a token was given, or an inference server; `but` one of them stays."""
    return _end(lambda _expires, token: token == token_id, but)


def _check_few(whose: str) -> None:
    """A program that asks for a name again and again instead of keeping the one it has is told so."""
    names = [name.split("-") for name in online_store().admitted(BEGINNING)]
    if sum(whose in parts for parts in names) >= MOST_NAMES:
        raise OverQuota(
            _("At most %(most)s readers are admitted at once for one token. Each holds for %(minutes)s minutes.")
            % {"most": MOST_NAMES, "minutes": LIFETIME // timedelta(minutes=1)}
        )


def _end(is_over: Any, but: str = "") -> int:
    over = []
    for name in online_store().admitted(BEGINNING):
        expires, token = name.removeprefix(f"{BEGINNING}-").split("-")[:2]
        if name != but and is_over(datetime.fromtimestamp(int(expires), UTC), UUID(token)):
            over.append(name)
    if over:
        online_store().dismiss(over)
    return len(over)


def _address(name: str, password: str) -> str:
    """The store's address, to be opened by this name; none of our own password is in it."""
    parts = urlsplit(settings.REDIS_URL)
    if parts.scheme not in {"unix", "redis", "valkey"}:
        raise DefinitionRefused(_("This portal's online store is not read by programs: its address is encrypted."))
    place = parts.netloc.rpartition("@")[2]
    return parts._replace(netloc=f"{name}:{password}@{place}").geturl()
