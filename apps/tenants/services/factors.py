"""A person's second factors: an authenticator app, passkeys, and codes for when both are lost."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from apps.tenants import policies
from apps.tenants.adapters import codes, factors, passkeys
from apps.tenants.choices import FactorKind, Notice
from apps.tenants.errors import FactorRefused
from apps.tenants.events import FactorAdded, FactorRemoved, RecoveryCodesRenewed, RecoveryCodeUsed
from apps.tenants.services.attempts import announce, forget, is_last, name_at_second_step
from apps.tenants.services.failures import note_failure
from apps.tenants.services.security import record_of_person, remind, tell
from apps.tenants.services.sign_in import end_other_sessions
from foundation.errors import Conflict, Invalid, NotFound
from foundation.identity.models import User
from foundation.tenancy import scope

if TYPE_CHECKING:
    from allauth.mfa.models import Authenticator

_MOST_PASSKEYS = 20


@dataclass(frozen=True)
class Shown:
    """What a person shows as their second factor: digits of an app or a recovery code, or a passkey's answer."""

    code: str = ""
    credential: Any = None


def add_app(*, user: User, secret: str, code: str, now: datetime) -> list[str]:
    """Take the app that holds this secret as a factor, since it shows a right code; the recovery codes, where new."""
    with _own_rows(user):
        if _rows(user).filter(type=FactorKind.APP).exists():
            raise Conflict(_("An authenticator app is set up already. Remove it first, then set up the other."))
        factor = factors.new_row(user=user, type=FactorKind.APP, data={"secret": codes.sealed(secret)}, created_at=now)
        if not codes.use(factor, _digits(code)):
            sentence = _("This code is wrong or too old. Look at the app once more, and at the clock of the device.")
            raise Invalid(sentence, fields={"code": [sentence]})
        factor.save()
        return _added(user, FactorKind.APP, now)


def add_passkey(*, user: User, name: str, credential: Any, now: datetime) -> list[str]:
    """Take the passkey that the browser just made as a factor; the recovery codes, where new."""
    with _own_rows(user):
        if _rows(user).filter(type=FactorKind.PASSKEY).count() >= _MOST_PASSKEYS:
            raise Conflict(_("You have %(most)s passkeys; remove one first.") % {"most": _MOST_PASSKEYS})
        passkeys.check_registration(credential)
        data = {"name": name.strip()[:80] or _("Passkey"), "credential": credential}
        factors.new_row(user=user, type=FactorKind.PASSKEY, data=data, created_at=now).save()
        return _added(user, FactorKind.PASSKEY, now)


def remove_factor(*, user: User, factor_id: int, now: datetime) -> None:
    """Take a factor away; with the last one go the recovery codes."""
    with _own_rows(user):
        row = _rows(user).exclude(type=FactorKind.RECOVERY).filter(pk=factor_id).first()
        if row is None:
            raise NotFound(_("There is no such factor of yours."))
        left = _rows(user).exclude(type=FactorKind.RECOVERY).exclude(pk=factor_id)
        if not left.exists():
            policies.check_can_go_without_factor(user)
            _rows(user).filter(type=FactorKind.RECOVERY).delete()
        kind = FactorKind(row.type)
        row.delete()
        _note_standing(user, now)
        record_of_person(user, functools.partial(_removed, kind))
        tell(user, Notice.FACTOR_REMOVED, kind)


def forget_factors(*, email: str, now: datetime) -> User:
    """Take every factor of a person who lost them all; an act of the operator, who has seen that it is them.

    Their sessions end, and the password alone opens the account until a new factor is set up.
    """
    user = User.objects.filter(email=email.strip().lower()).first()
    if user is None:
        raise NotFound(_("There is no account with this address."))
    for kind in take_factors(user=user, now=now):
        record_of_person(user, functools.partial(_removed, kind), by_operator=True)
    return user


@transaction.atomic
def take_factors(*, user: User, now: datetime) -> list[FactorKind]:
    """Take every factor, end every session and tell the person; answers of which kinds they were.

    Who may, and on whose ledger it stands, says the caller.
    """
    with _own_rows(user):
        kinds = [FactorKind(kind) for kind in _rows(user).values_list("type", flat=True)]
        _rows(user).delete()
        _note_standing(user, now)
    for kind in kinds:
        remind(user, Notice.FACTOR_REMOVED, kind)
    end_other_sessions(user=user, keep="")
    return kinds


def _removed(kind: FactorKind, ids: dict[str, UUID]) -> FactorRemoved:
    return FactorRemoved(**ids, factor=kind.value)


def renew_recovery_codes(*, user: User) -> list[str]:
    """New codes, shown this once; the earlier ones open nothing from now on."""
    with _own_rows(user):
        if not _rows(user).exclude(type=FactorKind.RECOVERY).exists():
            raise Conflict(_("Recovery codes stand in for another factor. Set up an app or a passkey first."))
        _rows(user).filter(type=FactorKind.RECOVERY).delete()
        made = factors.make_recovery_codes(user)
        record_of_person(user, lambda ids: RecoveryCodesRenewed(**ids))
        tell(user, Notice.RECOVERY_RENEWED)
    return made


def check_factor(*, user: User, shown: Shown, address: str, now: datetime) -> Authenticator:
    """The factor that was shown, each code of it once. Attempts are counted as at the door, whichever factor it is."""
    attempt = announce(name_at_second_step(user), address, now)
    with scope(None, user_id=user.pk):
        found = _by_passkey(user, shown.credential) if shown.credential is not None else _by_code(user, shown.code)
        if found is not None:
            _note_use(user, found, now)
    if found is None:
        note_failure(user_id=user.pk, locks=is_last(attempt), now=now)
        if shown.credential is not None:
            raise passkeys.refused()
        raise FactorRefused(_("This code is wrong, used already or too old. Wait for the next one and try again."))
    forget(attempt)
    return found


def check_passkey_of_anybody(*, credential: Any, now: datetime) -> tuple[User, Authenticator]:
    """Who signs in with a passkey alone: it names its owner, and proves it by what the owner has and is or knows.

    Nothing is counted: whom the answer names is anybody's text, and a signature cannot be guessed.
    """
    user = passkeys.owner_of(credential)
    with scope(None, user_id=user.pk):
        found = passkeys.check_authentication(user, credential)
        _note_use(user, found, now)
    return user, found


def _by_passkey(user: User, credential: Any) -> Authenticator | None:
    try:
        return passkeys.check_authentication(user, credential)
    except FactorRefused:
        return None


def _by_code(user: User, code: str) -> Authenticator | None:
    """The factor whose code it is, with the code used up; the row is locked, so that two at once are one."""
    given = _digits(code)
    for factor in _rows(user).exclude(type=FactorKind.PASSKEY).select_for_update():
        if factor.type == FactorKind.RECOVERY and factors.use_recovery_code(factor, given):
            return factor
        if factor.type == FactorKind.APP and codes.use(factor, given):
            factor.save(update_fields=["data"])
            return factor
    return None


def _note_use(user: User, factor: Authenticator, now: datetime) -> None:
    _rows(user).filter(pk=factor.pk).update(last_used_at=now)
    if factor.type == FactorKind.RECOVERY:
        record_of_person(user, lambda ids: RecoveryCodeUsed(**ids))
        tell(user, Notice.RECOVERY_USED)


def _added(user: User, kind: FactorKind, now: datetime) -> list[str]:
    _note_standing(user, now)
    record_of_person(user, lambda ids: FactorAdded(**ids, factor=kind.value))
    tell(user, Notice.FACTOR_ADDED, kind)
    if _rows(user).filter(type=FactorKind.RECOVERY).exists():
        return []
    return factors.make_recovery_codes(user)


def _note_standing(user: User, now: datetime) -> None:
    """Since when the person has a factor stands with the person, where every request and socket reads it anyway."""
    has = _rows(user).exclude(type=FactorKind.RECOVERY).exists()
    user.second_factor_at = (user.second_factor_at or now) if has else None
    user.save(update_fields=["second_factor_at"])


@contextmanager
def _own_rows(user: User) -> Iterator[None]:
    """The person's scope, in which two changes of their factors go one after the other."""
    with scope(None, user_id=user.pk):
        User.objects.select_for_update().get(pk=user.pk)
        yield


def _rows(user: User) -> Any:
    return factors.rows_of(user.pk)


def _digits(code: str) -> str:
    return "".join(code.split())
