"""One-time codes of an authenticator app (RFC 6238), each of them heard once, and their QR picture."""

from __future__ import annotations

from hmac import compare_digest

from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth
from django.contrib.auth.base_user import AbstractBaseUser

_LAST = "last_counter"
_QUIET = 4  # light modules around the code, which readers ask for


def new_secret() -> str:
    """160 bits in base 32, as authenticator apps take them."""
    return auth.generate_totp_secret()


def sealed(secret: str) -> str:
    """The secret as it is kept."""
    return get_adapter().encrypt(secret)


def unsealed(kept: str) -> str:
    return get_adapter().decrypt(kept)


def address_of(user: AbstractBaseUser, secret: str) -> str:
    """The otpauth:// address that the QR code holds."""
    return get_adapter().build_totp_url(user, secret)


def picture_of(address: str) -> tuple[str, int]:
    """The dark modules of the QR code as the path of an SVG, and the side of its square in modules."""
    from qrcode import QRCode

    code = QRCode(border=0)
    code.add_data(address)
    rows = code.get_matrix()
    dark = [f"M{x + _QUIET} {y + _QUIET}h1v1h-1z" for y, row in enumerate(rows) for x, on in enumerate(row) if on]
    return "".join(dark), len(rows) + 2 * _QUIET


def use(factor: Authenticator, code: str) -> bool:
    """Whether the code is one of now; its time step and all before it are used up then, and the row is to be saved.

    RFC 6238, 5.2: a verifier must not accept a second attempt of a code that was accepted. The step is kept on the
    row, so no cache that is emptied and no second process hears it again.
    """
    secret = unsealed(factor.data["secret"])
    for counter in auth.yield_hotp_counters_from_time():
        right = auth.format_hotp_value(auth.hotp_value(secret, counter))
        if counter > factor.data.get(_LAST, -1) and compare_digest(right.encode(), code.encode()):
            factor.data[_LAST] = counter
            return True
    return False
