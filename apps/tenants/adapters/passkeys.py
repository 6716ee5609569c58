"""The two ceremonies of WebAuthn, in allauth's hands; the challenge lies in the session of the present request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allauth.mfa.models import Authenticator
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from apps.tenants.errors import FactorRefused

if TYPE_CHECKING:
    from types import ModuleType

    from foundation.identity.models import User

# What a browser sends is anybody's text; the libraries say so in these ways.
_FAULTS = (ValidationError, KeyError, TypeError, ValueError, AttributeError)


def _ceremonies() -> ModuleType:
    """Not before somebody holds a passkey: every process loads this module, and with it would load CBOR and COSE."""
    from allauth.mfa.webauthn.internal import auth

    return auth


def begin_registration(user: User) -> dict[str, Any]:
    """What the browser needs to make a passkey: one that is found by itself, and that asks for finger, face or PIN."""
    return _ceremonies().begin_registration(user, passwordless=True)


def check_registration(credential: Any) -> None:
    """FactorRefused unless the answer belongs to the challenge of this session, and the device verified its owner."""
    try:
        _ceremonies().parse_registration_response(credential)
        verified = _ceremonies().complete_registration(credential).is_user_verified()
    except _FAULTS as error:
        raise refused() from error
    if not verified:
        raise refused()


def begin_authentication(user: User | None) -> dict[str, Any]:
    """What the browser needs to show a passkey: one of this person's, or, at the door, any that it has."""
    return _ceremonies().begin_authentication(user)


def owner_of(credential: Any) -> User:
    """Whose passkey the answer says it is; nothing of it is proven yet."""
    try:
        return _ceremonies().extract_user_from_response(credential)
    except _FAULTS as error:
        raise refused() from error


def check_authentication(user: User, credential: Any) -> Authenticator:
    """The passkey of the person, in whose scope this runs, that signed the challenge of this session."""
    try:
        _ceremonies().parse_authentication_response(credential)
        return _ceremonies().complete_authentication(user, credential)
    except _FAULTS as error:
        raise refused() from error


def refused() -> FactorRefused:
    return FactorRefused(_("This passkey was not accepted. Try again, with the one that you set up here."))
