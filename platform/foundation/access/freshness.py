"""Sensitive acts ask that whoever sits there proved lately who they are: not a session left open, nor a stolen one.

A session's proof is its sign-in, and each confirmation by factor or password after it. An identity provider may let
somebody in without asking them anything: what counts of its sign-in is when it says that they proved themselves there,
and nothing where it does not say. Tokens are a proof of their own:
they were made by a fresh session, open from named networks, and end; a program could confirm nothing.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, MutableMapping
from datetime import datetime, timedelta
from typing import Any, overload

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext_lazy as _

from foundation.clock import now
from foundation.errors import AccessDenied
from foundation.identity import Actor
from foundation.identity.ways import Way

View = Callable[..., HttpResponseBase]
_PROVED_AT = "sanad_proved_at"
# The portal's clock and an identity provider's may differ by so much.
CLOCKS_APART = timedelta(seconds=60)
_SAFE = {"GET", "HEAD", "OPTIONS"}
_SENTENCE = _(
    "This asks that you confirm who you are, because your last proof is some time ago. "
    "Confirm at /accounts/confirm/, then do it once more."
)


class StepUpRequired(AccessDenied):
    """The session's last proof is too old for a sensitive act."""

    slug = "step-up-required"

    def __init__(self) -> None:
        super().__init__(_SENTENCE, details={"confirm": "/accounts/confirm/"})


def note_proof(session: MutableMapping[str, Any], *, at: datetime) -> None:
    """Whoever has this session just proved who they are."""
    session[_PROVED_AT] = at.timestamp()


def is_fresh(session: MutableMapping[str, Any], *, at: datetime) -> bool:
    """Whether the session's last proof still counts at this time."""
    proved = session.get(_PROVED_AT)
    return isinstance(proved, float) and 0 <= at.timestamp() - proved < settings.SANAD_STEP_UP.total_seconds()


def require_fresh(actor: Actor) -> None:
    """The first line of a sensitive service: StepUpRequired where the actor's session proved itself too long ago."""
    if actor.stale:
        raise StepUpRequired


@overload
def fresh(view: View) -> View: ...
@overload
def fresh(*, reading: bool) -> Callable[[View], View]: ...
def fresh(view: View | None = None, *, reading: bool = False) -> Any:
    """The mark of a sensitive route: a session with an old proof is asked to confirm before it changes anything.

    With `reading` before it reads, too. It stands below `page` or `own`, which say who may come at all.
    """
    if view is None:
        return functools.partial(fresh, reading=reading)

    @functools.wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        actor: Actor | None = getattr(request, "actor", None)
        by_token = actor is not None and actor.token_id is not None
        if (reading or request.method not in _SAFE) and not by_token and not is_fresh(request.session, at=now()):
            raise StepUpRequired
        return view(request, *args, **kwargs)

    return checked


def begin_fresh(*, request: HttpRequest, **_signal: Any) -> None:
    """Django's own signal at each sign-in, whatever it was done with."""
    moment, way = now(), Way.of(request.session)
    if way.tenant_id is None or way.second_factor:
        note_proof(request.session, at=moment)
    elif way.proved_at is not None and way.proved_at <= moment + CLOCKS_APART:
        note_proof(request.session, at=min(way.proved_at, moment))
    else:
        request.session.pop(_PROVED_AT, None)
