"""The bound on trying: how often somebody may be named at a door from one address, and from all together."""

from __future__ import annotations

import hashlib
import hmac
from collections import Counter
from collections.abc import Collection
from datetime import datetime, timedelta
from ipaddress import IPv6Address

from django.conf import settings
from django.db.models import QuerySet
from django.utils.translation import ngettext

from apps.tenants.errors import TooManyAttempts
from apps.tenants.models import SignInAttempt
from foundation.identity.models import User

WINDOW = timedelta(minutes=15)
# One person at one place mistypes a few times; a whole office behind one address and an e-mail from everywhere more.
MOST_OF_PAIR, MOST_OF_ADDRESS, MOST_OF_EMAIL = 5, 60, 30
# Beyond its bound an address is heard once in this time: it may be many people's, and what one of them does there
# locks none of the others out.
TURN = timedelta(seconds=3)


def announce(who: str, address: str, now: datetime) -> SignInAttempt:
    """Count this attempt before what was given is looked at, so that many at once do not slip past the bound.

    An IPv6 address counts as its network of 64 bits: whoever has one there has 2 ** 64 of them (RFC 4291, 2.5.1).
    """
    SignInAttempt.objects.filter(at__lte=now - WINDOW).delete()
    attempt = SignInAttempt.objects.create(
        email_digest=_digest(who), address_digest=_digest(_counted_as(address)), at=now
    )
    recent = SignInAttempt.objects.filter(at__gt=now - WINDOW).order_by("at")
    by_email, by_address = {"email_digest": attempt.email_digest}, {"address_digest": attempt.address_digest}
    for bound, most in ((by_email | by_address, MOST_OF_PAIR), (by_email, MOST_OF_EMAIL)):
        found = list(recent.filter(**bound).values_list("at", flat=True)[: most + 1])
        if len(found) > most:
            attempt.delete()
            raise _too_many(found[0] + WINDOW - now)
    return attempt


def name_at_second_step(user: User) -> str:
    """As whom somebody is counted whose first half was right."""
    return f"second factor {user.pk}"


def names_of(user: User) -> tuple[str, str]:
    """All names under which a person's attempts are counted."""
    return user.email, name_at_second_step(user)


def forget(attempt: SignInAttempt) -> None:
    """What was given was right: the failures before it, by the same name at the same address, count no more."""
    SignInAttempt.objects.filter(email_digest=attempt.email_digest, address_digest=attempt.address_digest).delete()


def is_last(attempt: SignInAttempt) -> bool:
    """Whether the next attempt by this name from this address is not heard."""
    pair = {"email_digest": attempt.email_digest, "address_digest": attempt.address_digest}
    return SignInAttempt.objects.filter(**pair, at__gt=attempt.at - WINDOW).count() == MOST_OF_PAIR


def forget_all(names: Collection[str]) -> None:
    """Whoever is called so may try again from everywhere."""
    SignInAttempt.objects.filter(email_digest__in=[_digest(name) for name in names]).delete()


def is_locked(names: Collection[str], now: datetime) -> bool:
    """Whether an attempt by one of these names is not heard at present, from some address or from all."""
    rows = SignInAttempt.objects.filter(email_digest__in=[_digest(name) for name in names], at__gt=now - WINDOW)
    pairs = Counter(rows.values_list("email_digest", "address_digest"))
    of_name: Counter[str] = Counter()
    for (name, _address), count in pairs.items():
        of_name[name] += count
    return any(n >= MOST_OF_PAIR for n in pairs.values()) or any(n >= MOST_OF_EMAIL for n in of_name.values())


def is_busy(attempt: SignInAttempt, now: datetime) -> bool:
    """Whether more is tried from the attempt's address than a whole office mistypes."""
    return _of_address(attempt).filter(at__gt=now - WINDOW).count() > MOST_OF_ADDRESS


def has_its_turn(attempt: SignInAttempt, now: datetime) -> bool:
    return not _of_address(attempt).filter(at__gt=now - TURN, pk__lt=attempt.pk).exists()


def _of_address(attempt: SignInAttempt) -> QuerySet[SignInAttempt]:
    return SignInAttempt.objects.filter(address_digest=attempt.address_digest)


def _too_many(wait: timedelta) -> TooManyAttempts:
    minutes = max(1, -int(-wait.total_seconds() // 60))
    sentence = ngettext(
        "Too many attempts failed. The next one is heard in a minute.",
        "Too many attempts failed. The next one is heard in %(minutes)d minutes.",
        minutes,
    )
    return TooManyAttempts(sentence % {"minutes": minutes}, details={"retry_after": int(wait.total_seconds())})


def _counted_as(address: str) -> str:
    try:
        found = IPv6Address(address)
    except ValueError:
        return address
    return str(found.ipv4_mapped or IPv6Address(int(found) >> 64 << 64))


def _digest(text: str) -> str:
    return hmac.new(settings.SECRET_KEY.encode(), text.strip().lower().encode(), hashlib.sha256).hexdigest()
