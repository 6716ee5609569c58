"""What happens to a person's own account, told to the ledger of each of their tenants and, by mail, to the person."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.conf import settings
from django.core.mail import send_mail
from django.utils import translation
from django.utils.translation import gettext as _

from apps.tenants.choices import FactorKind, Notice
from apps.tenants.models import AccountNotice
from foundation import clock, jobs, ledger
from foundation.access.actors import actor_for_user, memberships_of
from foundation.identity import Actor
from foundation.identity.models import User
from foundation.tenancy import scope

if TYPE_CHECKING:
    from foundation.jobs.models import Job

Made = Callable[[dict[str, UUID]], ledger.Event]


def record_of_person(user: User, make: Made, *, by_operator: bool = False) -> None:
    """Record the event that `make` makes of the ids of each membership: a ledger is a tenant's, a person is not."""
    for membership in memberships_of(user) if user.is_active else []:
        with scope(membership.tenant_id, user_id=user.pk):
            operator = Actor.system(membership.tenant, "operator")
            actor = operator if by_operator else actor_for_user(user=user, tenant=membership.tenant)
            event = make({"membership_id": membership.pk, "user_id": user.pk})
            ledger.record(event, actor=actor, subject=("membership", membership.pk))


def remind(user: User, notice: Notice, factor: FactorKind | None = None) -> None:
    """Tell the person by mail, and at their next sign-in: what somebody else did to their account, or tried."""
    with scope(None, user_id=user.pk):
        AccountNotice.objects.create(user=user, notice=notice, factor=factor or "", at=clock.now())
    tell(user, notice, factor)


def take_reminders(*, user: User) -> list[tuple[str, datetime]]:
    """What waited for the person to sign in, in words, with when it was; from here on it waits no more."""
    with scope(None, user_id=user.pk):
        rows = list(AccountNotice.objects.filter(user=user))
        if rows:
            AccountNotice.objects.filter(pk__in=[row.pk for row in rows]).delete()
    return [(_words(row.notice, row.factor), row.at) for row in rows]


def tell(user: User, notice: Notice, factor: FactorKind | None = None) -> None:
    """Mail the person what was changed about their account, so that somebody else's act does not stay unseen.

    The mail is a job of one of their tenants: who belongs to none is told nothing, and neither is anybody where the
    portal sends no mail.
    """
    places = memberships_of(user) if settings.SANAD_SENDS_MAIL else []
    for membership in places[:1]:
        jobs.enqueue(
            "tenants.send_notice",
            actor=Actor.system(membership.tenant, "account"),
            title=_("Tell somebody of a change of their account"),
            user_id=str(user.pk),
            notice=notice.value,
            factor=factor.value if factor else "",
        )


@jobs.on_cancel("tenants.send_notice")
def _notice_cancelled(job: Job, sentence: str, actor: Actor) -> None:
    """Nothing hangs on the mail: what was done to the account stands on the ledgers, whoever cancels."""


def send_notice(*, user_id: UUID, notice: str, factor: str) -> None:
    """Write to the person, in their language, what happened and what to do where it was not them."""
    user = User.objects.get(pk=user_id)
    with translation.override(user.language):
        words, said = str(Notice(notice).label), _words(notice, factor)
        text = _(
            "%(said)s.\n\nIf this was not you, change your password, sign out every other session and look at your "
            "factors: %(url)s"
        ) % {"said": said, "url": f"{settings.SANAD_PUBLIC_URL}/accounts/"}
        send_mail(_("Sanad: %(said)s") % {"said": words}, text, None, [user.email])


def _words(notice: str, factor: str) -> str:
    words = str(Notice(notice).label)
    return f"{words}: {FactorKind(factor).label}" if factor else words
