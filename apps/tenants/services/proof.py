"""The proof that sensitive acts ask for: a factor, or the password where none is set up."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth import authenticate
from django.utils.translation import gettext as _

from apps.tenants.errors import SignInRefused
from apps.tenants.services.attempts import announce, forget, is_last
from apps.tenants.services.factors import Shown, check_factor
from apps.tenants.services.failures import note_failure
from foundation.identity.models import User
from foundation.identity.ways import Way


def prove(*, user: User, way: Way, shown: Shown, password: str, address: str, now: datetime) -> None:
    """SignInRefused or TooManyAttempts unless what was shown is this person's; tries are counted as at the door.

    Whom an identity provider vouches for shows a factor of their own here, or goes to the provider once more: the
    password of such an account may be somebody else's, who opened it before.
    """
    if user.second_factor_at is not None:
        check_factor(user=user, shown=shown, address=address, now=now)
        return
    if way.tenant_id is not None:
        raise SignInRefused(_("Confirm at your organisation first, with the button above; then go on here."))
    if not user.has_usable_password():
        raise SignInRefused(_("Your account has neither a password nor a second factor; sign out and in again."))
    attempt = announce(user.email, address, now)
    if authenticate(None, username=user.email, password=password) != user:
        note_failure(user_id=user.pk, locks=is_last(attempt), now=now)
        raise SignInRefused(_("This is not your password. Check it and try again."))
    forget(attempt)
