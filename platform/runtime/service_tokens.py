"""Tokens by which the services of one installation know each other: short-lived, signed, for one receiver alone.

No secret goes over a wire. Caller and receiver derive a key for their pair (HKDF-SHA256, RFC 5869) from the secret of
the installation, and the caller signs a JWT (HS256) with it: who asks (`iss`), whom (`aud`), when (`iat`, `exp`), its
own number (`jti`) and, as DPoP does (RFC 9449), the request that it is for (`htm`, `htu`). A pair's key opens nothing
of another pair: whoever takes a replica over can speak to that replica.

A receiver that is only asked, never changed (a prediction), also takes standing tokens, which name no request: the
gateway signs one for each replica twice a minute instead of six thousand a second, and the replica knows its text.
"""

from __future__ import annotations

import base64
import hashlib
import json
import time
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import jwt
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from jwt.types import Options

HEADER = "x-sanad-service"
ALGORITHM = "HS256"
LIVES_S, STANDS_S = 30, 60
# No token is longer valid than this, whatever it says of itself.
LONGEST_S = 60
# Between two machines that keep time.
SKEW_S = 5
# The one that signs, and the one before it, until every service knows the new one.
MOST_SECRETS = 2
MOST_BYTES = 4096
MOST_STANDING = 64
UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_REQUIRED = ["iss", "aud", "iat", "exp", "jti"]
# Time is held against our own clock and skew below.
_READING: Options = {"require": _REQUIRED, "verify_exp": False, "verify_iat": False, "verify_nbf": False}

Keys = tuple[bytes, ...]
Clock = Callable[[], float]
# Whether a number is seen for the first time; it need not be remembered after the time given, in Unix seconds.
FirstTime = Callable[[str, float], bool]


class TokenRefused(Exception):
    """The caller is not let in; the message says why, and nothing of any key."""


@dataclass(frozen=True, slots=True)
class Known:
    """Who asks, until when the token counts (Unix seconds), and whether it is for this one request."""

    caller: str
    until: float
    bound: bool


def secrets_of(text: str) -> tuple[str, ...]:
    """The secrets of a setting, with white space between: the first one and the one before it. ValueError at more."""
    found = tuple(text.split())
    if len(found) > MOST_SECRETS:
        raise ValueError(f"holds {len(found)} secrets; two count at a time: the new one first, then the one before it")
    return found


def pair_keys(secrets: Iterable[str], caller: str, receiver: str) -> Keys:
    """The keys of one direction between two services, 32 bytes for each secret."""
    about = f"sanad service token 1|{caller}>{receiver}".encode()
    return tuple(HKDF(SHA256(), length=32, salt=None, info=about).derive(secret.encode()) for secret in secrets)


class Caller:
    """Signs as `name` for one receiver; with two keys it signs with both, so neither side has to be told first."""

    def __init__(self, name: str, receiver: str, keys: Keys, clock: Clock = time.time) -> None:
        self._claims = {"iss": name, "aud": receiver}
        self._keys = keys
        self._clock = clock
        self._standing = ""
        self._renew_at = float("-inf")

    def for_request(self, method: str, target: str) -> str:
        """For one request: its method, and its path with query as they go over the wire."""
        return self._signed(LIVES_S, {"htm": method, "htu": _digest(target)})

    def standing(self) -> str:
        """For any request of a receiver that is only asked; the same text until half its life is over."""
        now = self._clock()
        if now >= self._renew_at:
            self._standing, self._renew_at = self._signed(STANDS_S, {}), now + STANDS_S / 2
        return self._standing

    def _signed(self, lives_s: int, more: Mapping[str, str]) -> str:
        now = int(self._clock())
        claims = {**self._claims, "iat": now, "exp": now + lives_s, "jti": uuid.uuid4().hex, **more}
        return ",".join(jwt.encode(claims, key, ALGORITHM) for key in self._keys)


class SeenHere:
    """Numbers that were used, in the memory of one process; for receivers that are one."""

    def __init__(self, clock: Clock = time.time) -> None:
        self._clock = clock
        self._until: dict[str, float] = {}

    def __call__(self, number: str, until: float) -> bool:
        now = self._clock()
        if len(self._until) > 1000:
            self._until = {one: end for one, end in self._until.items() if end >= now}
        if number in self._until:
            return False
        self._until[number] = until
        return True


class Receiver:
    """Answers callers that it has keys of, as `name`. Requests that change something are let in once.

    `standing`: whether tokens that name no request are taken; only where nothing can be changed.
    """

    def __init__(
        self,
        name: str,
        keys: Mapping[str, Keys],
        *,
        first_time: FirstTime | None = None,
        standing: bool = False,
        clock: Clock = time.time,
    ) -> None:
        self._name = name
        self._keys = keys
        self._first_time = first_time or SeenHere(clock)
        self._takes_standing = standing
        self._clock = clock
        self._standing: dict[str, Known] = {}

    def check(self, given: str, method: str, target: str) -> Known:
        """Who asks. Raises TokenRefused."""
        standing = self._standing.get(given)
        if standing is not None and self._clock() <= standing.until:
            return standing
        if not given or len(given) > MOST_BYTES:
            raise TokenRefused("This address is for services of this installation; no token of one came along.")
        refusal: TokenRefused | None = None
        for token in given.split(",")[:MOST_SECRETS]:
            try:
                return self._admit(given, self._read(token.strip()), method, target)
            except TokenRefused as refused:
                refusal = refusal or refused
        raise refusal or TokenRefused("The service token cannot be read.")

    def _read(self, token: str) -> dict[str, object]:
        try:
            caller = str(jwt.decode(token, options={"verify_signature": False}).get("iss", ""))
        except jwt.PyJWTError as error:
            raise TokenRefused("The service token cannot be read.") from error
        refusal = TokenRefused(f"The service token is of {caller!r}, whom nobody here knows.")
        for key in self._keys.get(caller, ()):
            try:
                return dict(jwt.decode(token, key, [ALGORITHM], options=_READING, audience=self._name, issuer=caller))
            except jwt.InvalidAudienceError:
                refusal = TokenRefused("The service token is for another service.")
            except jwt.InvalidSignatureError:
                refusal = TokenRefused("The service token was signed with a key that does not count here.")
            except jwt.PyJWTError:
                refusal = TokenRefused("The service token says too little, or was signed in another way.")
        raise refusal

    def _admit(self, given: str, claims: dict[str, object], method: str, target: str) -> Known:
        until = self._in_time(claims)
        known = Known(str(claims["iss"]), until, "htm" in claims)
        if not known.bound:
            return self._admit_standing(given, known)
        if (claims["htm"], claims.get("htu")) != (method, _digest(target)):
            raise TokenRefused("The service token is for another request.")
        if method in UNSAFE and not self._first_time(str(claims["jti"]), until):
            raise TokenRefused("The service token was used already.")
        return known

    def _in_time(self, claims: dict[str, object]) -> float:
        """Until when it counts, skew included."""
        now, issued, expires = self._clock(), claims["iat"], claims["exp"]
        if not isinstance(issued, int) or not isinstance(expires, int) or not 0 < expires - issued <= LONGEST_S:
            raise TokenRefused(f"The service token counts for longer than {LONGEST_S} seconds.")
        if issued > now + SKEW_S:
            raise TokenRefused("The service token is of a time to come; the clocks of the services differ.")
        if now > expires + SKEW_S:
            raise TokenRefused("The service token has expired, or the clocks of the services differ.")
        return float(expires + SKEW_S)

    def _admit_standing(self, given: str, known: Known) -> Known:
        if not self._takes_standing:
            raise TokenRefused("The service token names no request; here each request needs its own.")
        if len(self._standing) >= MOST_STANDING:
            self._standing.clear()
        self._standing[given] = known
        return known


def write_callers(file: Path, secrets: Iterable[str], receiver: str, callers: Sequence[str], mode: int = 0o600) -> None:
    """What a receiver outside the portal is told: its name, and the keys of those who may ask it, no secret."""
    known = list(secrets)
    keys = {name: [base64.b64encode(key).decode() for key in pair_keys(known, name, receiver)] for name in callers}
    file.unlink(missing_ok=True)
    file.touch(mode=0o600, exist_ok=False)
    file.chmod(mode)
    file.write_text(json.dumps({"receiver": receiver, "callers": keys}))


def read_callers(file: Path, *, standing: bool = False) -> Receiver:
    """The receiver that a file of `write_callers` describes. Raises OSError, ValueError or KeyError."""
    told = json.loads(file.read_text())
    keys = {name: tuple(base64.b64decode(key) for key in found) for name, found in told["callers"].items()}
    return Receiver(told["receiver"], keys, standing=standing)


def _digest(target: str) -> str:
    return hashlib.sha256(target.encode()).hexdigest()
