"""Under which name the values of an entity lie.

A name is the view's prefix and a keyed digest (BLAKE2b, RFC 7693) of 16 bytes: whoever sees the store learns no key.
What two programs call the same key has to be one text, so there is one rule (`text_of`).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import math
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec

from runtime.entity_keys import MOST_BYTES as MOST_KEY_BYTES

_NAME_BYTES = 16
# Of a view: names of the entities that were asked for last, some two hundred bytes each.
_REMEMBERED = 50_000
_AS_THEY_ARE = frozenset({str, int})
_encoder = msgspec.msgpack.Encoder()


class KeyRefused(Exception):
    """An entity whose key names nothing: `why` is "missing", "long" or "kind", `key` the join key, `place` from 0."""

    def __init__(self, why: str, key: str, place: int) -> None:
        super().__init__(f"{why}: {key} of entity {place}")
        self.why, self.key, self.place = why, key, place


def prefix_of(view_id: UUID) -> bytes:
    """With which the names of a view begin: signs alone that mean nothing to patterns and access lists."""
    return b"sanad:online:" + base64.urlsafe_b64encode(view_id.bytes).rstrip(b"=") + b":"


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
        key = hmac.digest(secret, b"names", "sha256")
        self._digest = hashlib.blake2b(key=key, digest_size=_NAME_BYTES)
        self._known: dict[Any, bytes] = {}

    def of(self, entities: Sequence[Mapping[str, Any]]) -> list[bytes]:
        """Where the values of each lie. Raises KeyRefused."""
        try:
            if len(self._join_keys) == 1:
                (key,) = self._join_keys
                asked: list[Any] = [entity[key] for entity in entities]
                plain = _AS_THEY_ARE.issuperset(map(type, asked))
            else:
                keys = self._join_keys
                asked = [tuple([entity[key] for key in keys]) for entity in entities]
                plain = all(_AS_THEY_ARE.issuperset(map(type, one)) for one in asked)
        except KeyError:
            raise self._missing(entities) from None
        if not plain:
            # Not looked up as they are: True would be found under 1.
            return [self._name(_as_tuple(one), place) for place, one in enumerate(asked)]
        known = self._known
        names = [known.get(one) for one in asked]
        if None in names:
            if len(known) > _REMEMBERED:
                known.clear()
            both = enumerate(zip(names, asked, strict=True))
            names = [name or self._remembered(one, place) for place, (name, one) in both]
        return names  # type: ignore[return-value]

    def of_columns(self, columns: Sequence[Sequence[Any]]) -> list[bytes]:
        """The same of many rows, each once: a column of values for each join key. Nothing is remembered."""
        texts = [column if {str}.issuperset(map(type, column)) else list(map(text_of, column)) for column in columns]
        prefix, begun, encode = self._prefix, self._digest.copy, _encoder.encode
        names = []
        for one in zip(*texts, strict=True):
            digest = begun()
            digest.update(encode(one))
            names.append(prefix + digest.digest())
        return names

    def _remembered(self, one: Any, place: int) -> bytes:
        found = self._known.get(one)
        if found is None:
            found = self._known[one] = self._name(_as_tuple(one), place)
        return found

    def _name(self, values: tuple[Any, ...], place: int) -> bytes:
        texts = []
        for key, value in zip(self._join_keys, values, strict=True):
            try:
                text = text_of(value)
            except ValueError:
                raise KeyRefused("missing" if value is None else "kind", key, place) from None
            if len(text) > MOST_KEY_BYTES or len(text.encode("utf-8", "surrogatepass")) > MOST_KEY_BYTES:
                raise KeyRefused("long", key, place)
            texts.append(text)
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


def _as_tuple(one: Any) -> tuple[Any, ...]:
    return one if isinstance(one, tuple) else (one,)
