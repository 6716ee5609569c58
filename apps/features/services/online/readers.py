"""Programs inside the house's network that read the online store themselves.

Each is given the views' secrets and a name at the store that may read under these views' names and nothing else, for a
quarter of an hour; it asks again while it runs. The store itself keeps who there is: the name says until when it holds,
in which tenant, and of whom and of which token it was. Where one of these may see less from now on, the name ends.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
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
_BEGINNING = "sanad-reader"
NOBODY = UUID(int=0)


@dataclass(frozen=True)
class Admitted:
    """What a reader needs: a plan with secrets, and an address of the store with a name and a password of its own."""

    plan: Plan = field(repr=False)
    url: str = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True)
class Name:
    """What a name at the store says; without a token it is of a session, without a tenant of an inference server."""

    expires: datetime
    tenant: UUID
    holder: UUID
    token: UUID

    def said(self) -> str:
        parts = (int(self.expires.timestamp()), self.tenant.hex, self.holder.hex, self.token.hex, secrets.token_hex(8))
        return "-".join([_BEGINNING, *map(str, parts)])

    @classmethod
    def parse(cls, said: str) -> Name | None:
        try:
            expires, tenant, holder, token, _rest = said.removeprefix(f"{_BEGINNING}-").split("-")
            return cls(datetime.fromtimestamp(int(expires), UTC), UUID(tenant), UUID(holder), UUID(token))
        except ValueError:
            return None

    def is_alike(self, other: Name) -> bool:
        """Whether both are of one token, or of one person's sessions."""
        return (self.tenant, self.holder, self.token) == (other.tenant, other.holder, other.token)


@transaction.atomic
def admit_reader(*, actor: Actor, asked: Mapping[str, Any], now: datetime) -> Admitted:
    """Let a program read these views by itself (`online_plan`): only who sees all of their values in clear."""
    plan = online_plan(actor=actor, asked=asked)
    views = [get_view(actor=actor, view_id=one.view.id) for one in plan.views]
    for view, one in zip(views, plan.views, strict=True):
        if one.masks:
            said = _("A reader opens every value of %(view)s, and some you see masked. Read it through the portal.")
            access.require(actor, Permission.DATASET_CLEAR, view, else_say=said % {"view": view})
    expires_at = now + LIFETIME
    whose = Name(expires_at, actor.tenant_id, actor.id or NOBODY, actor.token_id or NOBODY)
    _check_few(whose)
    name = whose.said()
    password = secrets.token_urlsafe(32)
    for view in views:
        admitted = ReaderAdmitted(view_id=view.pk, expires_at=expires_at.isoformat())
        ledger.record(admitted, actor=actor, project_id=view.project_id, subject=("feature_view", view.pk))
    online_store().admit(name, password, [one.view.prefix for one in plan.views])
    return Admitted(plan, _address(name, password), expires_at)


def end_readers(*, now: datetime) -> int:
    """Take away the names whose time is over; how many there were."""
    return _end(lambda name: name.expires <= now)


def end_readers_of(*, token_id: UUID, but: str = "") -> int:
    """The same of the names that a token was given, or an inference server; `but` one of them stays."""
    return _end(lambda name: name.token == token_id, but)


def end_readers_in(*, tenant_id: UUID, holder_id: UUID | None = None) -> int:
    """The same of all names in a tenant, or of those of one person or service account, whichever token they came by.

    Whoever may still read asks again, and is told by which rules now.
    """
    return _end(lambda name: name.tenant == tenant_id and holder_id in {None, name.holder})


def _check_few(whose: Name) -> None:
    """A program that asks for a name again and again instead of keeping the one it has is told so."""
    there = [Name.parse(name) for name in online_store().admitted(_BEGINNING)]
    if sum(one is not None and one.is_alike(whose) for one in there) >= MOST_NAMES:
        raise OverQuota(
            _("At most %(most)s readers are admitted at once for one token. Each holds for %(minutes)s minutes.")
            % {"most": MOST_NAMES, "minutes": LIFETIME // timedelta(minutes=1)}
        )


def _end(is_over: Callable[[Name], bool], but: str = "") -> int:
    over = []
    for said in online_store().admitted(_BEGINNING):
        name = Name.parse(said)
        # One that cannot be read is of a version before this one, and would never be found.
        if said != but and (name is None or is_over(name)):
            over.append(said)
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
