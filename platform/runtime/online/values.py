"""What lies under a name: a timeline of values, sealed for that name alone.

`number (4) | nonce (12) | AES-256-GCM of the timeline`. The key is the view's own for the number of the materialisation
that wrote it, so that none seals more than one materialisation's values (NIST SP 800-38D allows 2^32 random nonces).
The name is bound, and so is the number by its key: what was moved to another name, or given another number, does not
open.

A timeline is `[[from, lag, values], …]`, ascending: from which microsecond (since 1970) on the values are what is
known, and by how much that is later than their event. Values stand in the order of the view's features; numbers that
are not finite are told by a fourth part, their places. `packing` says how it becomes bytes.
"""

from __future__ import annotations

import hmac
import os
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from runtime.online.names import Names, marker_of
from runtime.online.packing import packed

NUMBER_BYTES, _NONCE_BYTES = 4, 12
_HEAD = NUMBER_BYTES + _NONCE_BYTES
_MOST_CIPHERS = 1_000


class NotOurs(Exception):
    """What lies under a name was not sealed for it."""


@dataclass(frozen=True)
class OnlineView:
    """How a view's values are found and opened; `secret` (32 bytes) is the view's own, and `ttl_us` None keeps all.

    `join_keys` are the columns that name an entity, in the order of its definition, `features` all that are packed.
    """

    id: UUID
    name: str
    prefix: bytes
    secret: bytes = field(repr=False)
    join_keys: tuple[str, ...]
    features: tuple[str, ...]
    ttl_us: int | None = None

    @cached_property
    def names(self) -> Names:
        return Names(self.prefix, self.secret, self.join_keys)

    @cached_property
    def marker(self) -> bytes:
        return marker_of(self.id)

    @property
    def writer(self) -> bytes:
        """Where it is written who may write."""
        return self.prefix + b"writer"

    @cached_property
    def _ciphers(self) -> dict[bytes, AESGCM]:
        return {}

    def cipher(self, number: bytes) -> AESGCM:
        """Opens and seals what the materialisation of this number wrote."""
        found = self._ciphers.get(number)
        if found is None:
            if len(self._ciphers) > _MOST_CIPHERS:
                self._ciphers.clear()
            found = self._ciphers[number] = AESGCM(hmac.digest(self.secret, b"values:" + number, "sha256"))
        return found

    def opened(self, names: Sequence[bytes], sealed: Sequence[bytes | None]) -> list[bytes | None]:
        """The packed timelines; NotOurs where one was not sealed for its name.

        Nothing is remembered: it would save two thirds of the opening of what is asked for again, cost a fifth more of
        all else, and keep values that were erased meanwhile in the memory of whoever read them.
        """
        try:
            if sealed and None not in sealed:
                nonces, timelines = _cut(sealed)  # type: ignore[arg-type]
                # As a rule one materialisation wrote them all; where another did, the tag says so.
                decrypt = self.cipher(sealed[0][:NUMBER_BYTES]).decrypt  # type: ignore[index]
                return list(map(decrypt, nonces, timelines, names))
        except (InvalidTag, ValueError):
            pass
        both = zip(names, sealed, strict=True)
        return [None if one is None else self._opened(name, one) for name, one in both]

    def _opened(self, name: bytes, sealed: bytes) -> bytes:
        try:
            decrypt = self.cipher(sealed[:NUMBER_BYTES]).decrypt
            return decrypt(sealed[NUMBER_BYTES:_HEAD], sealed[_HEAD:], name)
        except (InvalidTag, ValueError) as error:
            raise NotOurs(self.name) from error


def _cut(sealed: Sequence[bytes]) -> tuple[Sequence[bytes], Sequence[bytes]]:
    """The nonces and what is sealed: in one call where all are of one length, as numbers are."""
    length = len(sealed[0])
    if length < _HEAD or set(map(len, sealed)) != {length}:
        return [one[NUMBER_BYTES:_HEAD] for one in sealed], [one[_HEAD:] for one in sealed]
    parts = _layout(length, len(sealed)).unpack(b"".join(sealed))
    return parts[::2], parts[1::2]


@lru_cache(maxsize=1024)
def _layout(length: int, count: int) -> struct.Struct:
    return struct.Struct(f"{NUMBER_BYTES}x{_NONCE_BYTES}s{length - _HEAD}s" * count)


class Writer:
    """Seals the values of one materialisation."""

    def __init__(self, view: OnlineView, number: int) -> None:
        self.number = number.to_bytes(NUMBER_BYTES, "big")
        self._encrypt = view.cipher(self.number).encrypt

    def sealed(self, names: Sequence[bytes], timelines: Sequence[Sequence[Any]]) -> list[bytes]:
        """What is to lie under each name."""
        number, encrypt = self.number, self._encrypt
        noise = os.urandom(_NONCE_BYTES * len(names))
        found = []
        for place, (name, timeline) in enumerate(zip(names, timelines, strict=True)):
            nonce = noise[place * _NONCE_BYTES : (place + 1) * _NONCE_BYTES]
            found.append(number + nonce + encrypt(nonce, packed(timeline), name))
        return found
