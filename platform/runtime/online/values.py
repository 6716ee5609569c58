"""What lies under a name: a timeline of values, sealed for that name alone.

`number (4) | nonce (12) | AES-256-GCM of MessagePack`. The key is the view's own for the number of the materialisation
that wrote it, so that none seals more than one materialisation's values (NIST SP 800-38D allows 2^32 random nonces).
The name and the number are bound: what was moved to another name, or given another number, does not open.

A timeline is `[[from, lag, values], …]`, ascending: from which microsecond (since 1970) on the values are what is
known, and by how much that is later than their event. Values stand in the order of the view's features; numbers that
are not finite are told by a fourth part, their places.
"""

from __future__ import annotations

import hmac
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from uuid import UUID

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from runtime.online.names import Names

NUMBER_BYTES, _NONCE_BYTES = 4, 12
_HEAD = NUMBER_BYTES + _NONCE_BYTES
# Of a view: opened values of the entities that were asked for last, a few hundred bytes each.
_REMEMBERED = 50_000
_MOST_CIPHERS = 1_000
Timeline = list[list[Any]]


def _plain(value: Any) -> Any:
    return value.hex() if isinstance(value, bytes | bytearray | memoryview) else str(value)


_encoder = msgspec.msgpack.Encoder(enc_hook=_plain)
_decoder = msgspec.msgpack.Decoder(list[list[Any]])


def packed(values: Sequence[Any]) -> bytes:
    """Values as a timeline holds them."""
    return _encoder.encode(values)


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

    @property
    def marker(self) -> bytes:
        """Where it is written that all values of the view lie in the store; its length is no name's."""
        return self.prefix + b"complete"

    @property
    def writer(self) -> bytes:
        """Where it is written who may write."""
        return self.prefix + b"writer"

    @cached_property
    def _known(self) -> dict[bytes, tuple[bytes, Timeline]]:
        return {}

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

    def opened(self, names: Sequence[bytes], sealed: Sequence[bytes | None]) -> list[Timeline | None]:
        """The timelines; NotOurs where one was not sealed for its name.

        What the store answers is compared with what was opened last under that name: the same bytes are opened once.
        """
        known = self._known
        found: list[Timeline | None] = []
        for name, given in zip(names, sealed, strict=True):
            if given is None:
                found.append(None)
                continue
            before = known.get(name)
            if before is not None and before[0] == given:
                found.append(before[1])
            else:
                found.append(self._opened(name, given))
        return found

    def _opened(self, name: bytes, sealed: bytes) -> Timeline:
        number = sealed[:NUMBER_BYTES]
        try:
            plain = self.cipher(number).decrypt(sealed[NUMBER_BYTES:_HEAD], sealed[_HEAD:], name + number)
            timeline: Timeline = _decoder.decode(plain)
        except (InvalidTag, msgspec.MsgspecError, ValueError) as error:
            raise NotOurs(self.name) from error
        if len(self._known) > _REMEMBERED:
            self._known.clear()
        self._known[name] = (sealed, timeline)
        return timeline


class Writer:
    """Seals the values of one materialisation."""

    def __init__(self, view: OnlineView, number: int) -> None:
        self.number = number.to_bytes(NUMBER_BYTES, "big")
        self._encrypt = view.cipher(self.number).encrypt

    def sealed(self, names: Sequence[bytes], timelines: Sequence[Sequence[Any]]) -> list[bytes]:
        """What is to lie under each name."""
        number, encrypt, encode = self.number, self._encrypt, _encoder.encode
        noise = os.urandom(_NONCE_BYTES * len(names))
        found = []
        for place, (name, timeline) in enumerate(zip(names, timelines, strict=True)):
            nonce = noise[place * _NONCE_BYTES : (place + 1) * _NONCE_BYTES]
            found.append(number + nonce + encrypt(nonce, encode(timeline), name + number))
        return found
