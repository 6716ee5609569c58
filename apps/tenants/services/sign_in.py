"""Sign-in: e-mail and password, with a bound on attempts by address, by e-mail and by both."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.contrib.auth import authenticate
from django.contrib.sessions.models import Session
from django.utils.translation import gettext as _

from apps.tenants.choices import SignInMethod
from apps.tenants.errors import SignInRefused, TooManyAttempts
from apps.tenants.models import SignIn, SignInAttempt
from apps.tenants.selectors.sessions import session_keys_of
from apps.tenants.services.attempts import TURN, WINDOW, announce, forget, has_its_turn, is_busy, is_last
from apps.tenants.services.failures import note_failure_of
from foundation import live
from foundation.errors import NotFound
from foundation.identity.models import User
from foundation.identity.ways import Way
from foundation.tenancy import scope, sign_ins_of_all, take_turns

_SAVED_WITHIN = timedelta(hours=1)
_OWN_WAY = Way()


def sign_in(*, email: str, password: str, address: str, now: datetime, known: str = "") -> User:
    """The person of this e-mail and password. What is refused sounds the same whether the e-mail is known or not.

    `known` is the id of the person who signed in with this browser before: they need not wait for an address that
    somebody else keeps busy.
    """
    attempt = announce(email, address, now)
    busy = is_busy(attempt, now)
    if busy and not _is_of(email, known) and not has_its_turn(attempt, now):
        attempt.delete()
        raise _busy_address()
    user = authenticate(None, username=email.strip().lower(), password=password)
    if not isinstance(user, User):
        note_failure_of(email=email, locks=is_last(attempt), now=now)
        # The same words as above, which do not tell whose password was looked at.
        raise _busy_address() if busy else _refused()
    forget(attempt)
    return user


def note_session(
    *, user: User, session_key: str, address: str, agent: str, method: SignInMethod, now: datetime
) -> SignIn:
    """Remember where a session began, for the person's own list."""
    with scope(None, user_id=user.pk):
        SignIn.objects.filter(user=user, at__lt=now - 2 * timedelta(seconds=settings.SESSION_COOKIE_AGE)).delete()
        return SignIn.objects.create(
            user=user, session_key=session_key, at=now, address=address or None, agent=agent[:300], method=method
        )


def end_other_sessions(*, user: User, keep: str, way: Way = _OWN_WAY) -> int:
    """Sign the person out everywhere but in the session `keep`; answers how many sessions ended.

    Whom a tenant's provider vouches for ends the sessions of that provider alone.
    """
    allowed = session_keys_of(user=user, way=way)
    with scope(None, user_id=user.pk):
        rows = SignIn.objects.filter(user=user).exclude(session_key=keep)
        rows = rows if allowed is None else rows.filter(session_key__in=allowed)
        keys = list(rows.values_list("session_key", flat=True))
        ended = Session.objects.filter(session_key__in=keys).delete()[0]
        rows.delete()
    live.disconnect(user_id=user.pk, sentence=_("You were signed out from another place."))
    return ended


def end_session(*, user: User, session_id: UUID, way: Way = _OWN_WAY) -> None:
    """Sign the person out where this session is; one that has ended, is somebody else's or of another way, is not
    there."""
    allowed = session_keys_of(user=user, way=way)
    with scope(None, user_id=user.pk):
        row = SignIn.objects.filter(user=user, pk=session_id).first()
        if row is None or (allowed is not None and row.session_key not in allowed):
            raise NotFound(_("This session has ended already."))
        Session.objects.filter(session_key=row.session_key).delete()
        row.delete()
    # Whoever is still welcome comes back by themselves.
    live.disconnect(user_id=user.pk, sentence=_("You were signed out from another place."))


def forget_session(*, user: User, session_key: str) -> None:
    """Take a session that was signed out from the person's list."""
    with scope(None, user_id=user.pk):
        SignIn.objects.filter(user=user, session_key=session_key).delete()


def forget_ended_sessions(*, now: datetime) -> None:
    """Clear expired sessions, what was noted of sessions that are no more, and attempts that count no more."""
    Session.objects.filter(expire_date__lt=now).delete()
    SignInAttempt.objects.filter(at__lte=now - WINDOW).delete()

    # A sign-in is noted before its session is saved.
    noted = SignIn.objects.filter(at__lt=now - _SAVED_WITHIN)
    ended = noted.exclude(session_key__in=Session.objects.values("session_key"))

    def forget(user_id: UUID) -> None:
        with scope(None, user_id=user_id):
            ended.filter(user_id=user_id).delete()

    with sign_ins_of_all():
        people = list(ended.order_by().values_list("user_id", flat=True).distinct())
    take_turns(people, forget, name=lambda user_id: f"the person {user_id}")


def _is_of(email: str, known: str) -> bool:
    return bool(known) and User.objects.filter(email=email.strip().lower(), pk=known).exists()


def _refused() -> SignInRefused:
    return SignInRefused(_("E-mail and password do not belong together. Check both and try again."))


def _busy_address() -> TooManyAttempts:
    sentence = _("Too many attempts failed from where you are. Wait a few seconds, check both and try again.")
    return TooManyAttempts(sentence, details={"retry_after": int(TURN.total_seconds())})
