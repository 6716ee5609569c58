"""Under which name the values of an entity lie.

A name is the view's prefix and 16 bytes that only the holder of the view's secret can reckon: whoever sees the store
learns no key. What two programs call the same key has to be one text, so there is one rule (`text_of`).

Most keys fit into one block of AES-256 (FIPS 197), a keyed permutation: two of them never share a name, and one call
encrypts the blocks of all entities that are asked for. Longer ones take a keyed digest each (BLAKE2b, RFC 7693).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import math
import threading
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import compress
from struct import unpack
from typing import Any
from uuid import UUID

import msgspec
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import ECB

from runtime.entity_keys import MOST_BYTES as MOST_KEY_BYTES

_NAME_BYTES = 16
_AS_THEY_ARE = frozenset({str, int})
# Between the parts of a key in its block, and behind them; a key that holds one of the two takes a digest.
_BETWEEN, _BEHIND = "\x1f", "\x00"
_encoder = msgspec.msgpack.Encoder()


class KeyRefused(Exception):
    """An entity whose key names nothing: `why` is "missing", "long" or "kind", `key` the join key, `place` from 0."""

    def __init__(self, why: str, key: str, place: int) -> None:
        super().__init__(f"{why}: {key} of entity {place}")
        self.why, self.key, self.place = why, key, place


def prefix_of(view_id: UUID) -> bytes:
    """With which the names of a view begin: signs alone that mean nothing to patterns and access lists."""
    return b"sanad:online:" + base64.urlsafe_b64encode(view_id.bytes).rstrip(b"=") + b":"


def marker_of(view_id: UUID) -> bytes:
    """Where it is written that all values of a view lie in the store; its length is no name's.

    Its number tells how names are made and values packed: what was written otherwise is put online anew.
    """
    return prefix_of(view_id) + b"complete.2"


def text_of(value: Any) -> str:
    """A key as text, the same whichever way it is written: 7, 7.0 and "7" are one key, and so are true and "true".

    A date is its ISO text, a moment its ISO text in UTC (without a zone it is taken as UTC). ValueError for what is no
    key: nothing, numbers that are not finite, lists, objects, bytes.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float | Decimal):
        if not math.isfinite(value):
            raise ValueError("not finite")
        return str(int(value)) if value == int(value) else format(value, "f" if isinstance(value, Decimal) else "")
    if isinstance(value, datetime):
        return (value if value.tzinfo is None else value.astimezone(UTC).replace(tzinfo=None)).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    raise ValueError(f"{type(value).__name__} is no key")


class Names:
    """The names of one view's entities; `secret` (32 bytes) is the view's own."""

    def __init__(self, prefix: bytes, secret: bytes, join_keys: Sequence[str]) -> None:
        self._prefix, self._join_keys = prefix, tuple(join_keys)
        # One block each, and none twice: there is nothing that chaining would hide.
        self._blocks = Cipher(AES256(hmac.digest(secret, b"blocks", "sha256")), ECB())  # noqa: S305
        # One for each thread: it keeps nothing from one block to the next, and making it costs what a block does.
        self._of_thread = threading.local()
        self._digest = hashlib.blake2b(key=hmac.digest(secret, b"digests", "sha256"), digest_size=_NAME_BYTES)

    def of(self, entities: Sequence[Mapping[str, Any]]) -> list[bytes]:
        """Where the values of each lie. Raises KeyRefused."""
        try:
            columns = [[entity[key] for entity in entities] for key in self._join_keys]
        except KeyError:
            raise self._missing(entities) from None
        return self._named([self._texts(*both) for both in zip(self._join_keys, columns, strict=True)])

    def of_columns(self, columns: Sequence[Sequence[Any]]) -> list[bytes]:
        """The same of many rows: a column of values for each join key, which are known to be keys."""
        return self._named([_plain(column) or list(map(text_of, column)) for column in columns])

    def _texts(self, key: str, column: list[Any]) -> Sequence[str]:
        if (texts := _plain(column)) is not None:
            return texts
        texts = []
        for place, value in enumerate(column):
            try:
                texts.append(text_of(value))
            except ValueError:
                raise KeyRefused("missing" if value is None else "kind", key, place) from None
        return texts

    def _named(self, columns: list[Sequence[str]]) -> list[bytes]:
        texts = columns[0] if len(columns) == 1 else list(map(_BETWEEN.join, zip(*columns, strict=True)))
        between = len(columns) - 1
        if (blocks := _blocks(texts, between)) is not None:
            return self._encrypted(blocks)
        fit = [_fits(text, between) for text in texts]
        short = iter(self._encrypted(_blocks(list(compress(texts, fit)), between) or b""))
        both = enumerate(zip(fit, zip(*columns, strict=True), strict=True))
        return [next(short) if fits else self._digested(one, place) for place, (fits, one) in both]

    def _encrypted(self, blocks: bytes) -> list[bytes]:
        try:
            encrypt = self._of_thread.encrypt
        except AttributeError:
            encrypt = self._of_thread.encrypt = self._blocks.encryptor().update
        found = encrypt(blocks)
        count = len(found) // _NAME_BYTES
        return list(map(self._prefix.__add__, unpack("16s" * count, found)))

    def _digested(self, texts: tuple[str, ...], place: int) -> bytes:
        for key, text in zip(self._join_keys, texts, strict=True):
            if len(text) > MOST_KEY_BYTES or len(text.encode("utf-8", "surrogatepass")) > MOST_KEY_BYTES:
                raise KeyRefused("long", key, place)
        digest = self._digest.copy()
        try:
            digest.update(_encoder.encode(texts))
        except UnicodeEncodeError:
            raise KeyRefused("kind", self._join_keys[0], place) from None
        return self._prefix + digest.digest()

    def _missing(self, entities: Sequence[Mapping[str, Any]]) -> KeyRefused:
        for place, entity in enumerate(entities):
            for key in self._join_keys:
                if key not in entity:
                    return KeyRefused("missing", key, place)
        raise AssertionError("no key is missing")


def _plain(column: Sequence[Any]) -> Sequence[str] | None:
    """The keys as texts where they are texts and whole numbers alone; True is none, though it equals 1."""
    kinds = set(map(type, column))
    if kinds == {str}:
        return column
    try:
        return list(map(str, column)) if kinds <= _AS_THEY_ARE else None
    except ValueError:
        return None  # a number with more digits than Python writes: which one, is said by whoever takes them singly


def _blocks(texts: Sequence[str], between: int) -> bytes | None:
    """A block of each text with so many marks between its parts; None where one of them does not fit."""
    joined = "".join([text.ljust(_NAME_BYTES, _BEHIND) for text in texts])
    own = len(joined) - sum(map(len, texts))
    if len(joined) != len(texts) * _NAME_BYTES or joined.count(_BEHIND) != own or not joined.isascii():
        return None
    return joined.encode("ascii") if joined.count(_BETWEEN) == between * len(texts) else None


def _fits(text: str, between: int) -> bool:
    return len(text) <= _NAME_BYTES and text.isascii() and _BEHIND not in text and text.count(_BETWEEN) == between
