"""Sign-ins on the ledgers of a person's tenants: each that opened a session, and the failed ones, folded by count.

The door writes one row for whatever address it was given, and a sweep tells the ledgers within a minute: so the time of
an answer tells nobody who has an account. A tenant whose identity provider alone vouches for the person is told
nothing, since a password opens nothing there.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from apps.tenants.choices import Notice, SignInMethod
from apps.tenants.events import SignedIn, SignInLocked, SignInsFailed
from apps.tenants.models import FailedSignIn
from apps.tenants.services.security import remind
from foundation import ledger
from foundation.access.actors import memberships_of
from foundation.access.models import Membership
from foundation.identity import Actor
from foundation.identity.models import User
from foundation.tenancy import failed_sign_ins, scope, take_turns, why_closed

TOLD_EVERY = timedelta(minutes=10)


def note_failure_of(*, email: str, locks: bool, now: datetime) -> None:
    """A failed attempt under this address, whether or not anybody has it: the work is the same."""
    user_id = User.objects.filter(email=email.strip().lower()).values_list("pk", flat=True).first()
    note_failure(user_id=user_id, locks=locks, now=now)


def note_failure(*, user_id: UUID | None, locks: bool, now: datetime) -> None:
    """`locks`: the next attempt from there is not heard."""
    with failed_sign_ins():
        FailedSignIn.objects.create(user_id=user_id, locks=locks, at=now)


def note_sign_in(*, user: User, method: SignInMethod, second_factor: bool, request_id: str) -> None:
    """Of a session that the portal itself opened; what a provider opens is told where it is let in."""
    for place in _places(user):
        actor = Actor("user", user.pk, place.tenant, str(user), user=user, role=place.role, request_id=request_id)
        came = SignedIn(membership_id=place.pk, user_id=user.pk, method=method.value, second_factor=second_factor)
        with scope(place.tenant_id, user_id=user.pk):
            ledger.record(came, actor=actor, subject=("membership", place.pk))


def tell_failed_sign_ins(*, now: datetime) -> int:
    """Tell of each person the failures since the last telling, at most every ten minutes; a lock is told at once.

    Answers how many people it told of.
    """
    with failed_sign_ins():
        rows = FailedSignIn.objects.order_by()
        rows.filter(user=None).delete()
        rows.filter(told_at__lte=now - TOLD_EVERY).delete()
        people = list(rows.filter(told_at=None).values_list("user_id", flat=True).distinct())
    return take_turns(people, lambda user_id: _tell(user_id, now), name=lambda user_id: f"the person {user_id}")


def _tell(user_id: UUID, now: datetime) -> int:
    with failed_sign_ins():
        rows = list(FailedSignIn.objects.select_for_update().filter(user_id=user_id).order_by("at", "pk"))
        untold, told = [row for row in rows if row.told_at is None], [row for row in rows if row.told_at]
        locked = any(row.locks for row in untold) and not any(row.locks for row in told)
        if not untold or (told and not locked):
            return 0
        user = User.objects.get(pk=user_id)
        for place in _places(user):
            _record(place, user, count=len(untold), since=untold[0].at, locked=locked)
        if locked:
            remind(user, Notice.LOCKED)
        FailedSignIn.objects.filter(pk__in=[row.pk for row in untold]).update(told_at=now)
    return 1


def _record(place: Membership, user: User, *, count: int, since: datetime, locked: bool) -> None:
    ids, door = {"membership_id": place.pk, "user_id": user.pk}, Actor.system(place.tenant, "door")
    with scope(place.tenant_id):
        subject = ("membership", place.pk)
        ledger.record(SignInsFailed(**ids, count=count, since=since), actor=door, subject=subject)
        if locked:
            ledger.record(SignInLocked(**ids), actor=door, subject=subject)


def _places(user: User) -> list[Membership]:
    """Where a session of the person's own would open something."""
    return [place for place in memberships_of(user) if not place.vouched and not why_closed(place.tenant)]
