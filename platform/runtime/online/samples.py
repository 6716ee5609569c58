"""A few of the answers that were served, kept so that somebody compares them with the lake.

Whoever serves (gateway, portal) takes one entity's values of one view now and then, and puts them into a queue beside
the values: sealed under a key of the view's own, for they are the same values. Whoever compares opens them.
"""

from __future__ import annotations

import hmac
import os
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from runtime.online.names import text_of
from runtime.online.reading import Answer, OfView
from runtime.online.values import NotOurs, OnlineView

# Of one request: what is asked for by thousands would crowd out all others.
MOST_OF_A_REQUEST = 5
# Of a tenant, a few hundred bytes each; the oldest go first.
MOST_WAITING = 20_000
FIELD = b"s"
_NONCE_BYTES = 12
_encoder = msgspec.msgpack.Encoder(enc_hook=str)


@dataclass(frozen=True, slots=True)
class Sample:
    """What one view said of one entity: its key as text, when, and the values (None: it had none, or too old ones).

    `served_us` and `event_us` are microseconds since 1970; `event_us` is None where nothing was there.
    """

    view_id: UUID
    keys: tuple[str, ...]
    served_us: int
    event_us: int | None
    values: tuple[Any, ...] | None


class Sampler:
    """Chooses `share` (0 to 1) of what is served; `drawn` is for tests."""

    def __init__(self, drawn: random.Random | None = None) -> None:
        # No secret hangs on it: it only has to be cheap and even.
        self._drawn = drawn or random.Random()  # noqa: S311

    def taken(
        self, entities: Sequence[Mapping[str, Any]], answer: Answer, shares: Mapping[UUID, float], *, now_us: int
    ) -> list[bytes]:
        """Sealed samples of this answer, as they go into the queue: none of most, a few of some."""
        found: list[bytes] = []
        for one in answer.views:
            # A view that is not online is told as such; there is nothing to compare.
            if one.is_online and (share := shares.get(one.view.id, 0.0)) > 0:
                places = self._chosen(answer.count, share)
                found += [_sealed(one.view, _sample(one, entities[place], place, now_us)) for place in places]
        return found

    def _chosen(self, count: int, share: float) -> Iterator[int]:
        """Each place with the same chance; a request is looked at once, however many entities it asks for."""
        wanted = share * count
        many = int(wanted) + (self._drawn.random() < wanted - int(wanted))
        if not many:
            return iter(())
        if many >= count:
            return iter(range(min(count, MOST_OF_A_REQUEST)))
        return iter(self._drawn.sample(range(count), min(many, MOST_OF_A_REQUEST)))


def _sample(one: OfView, entity: Mapping[str, Any], place: int, now_us: int) -> Sample:
    values = one.rows[place]
    keys = tuple(text_of(entity[key]) for key in one.view.join_keys)
    return Sample(one.view.id, keys, now_us, one.times[place], None if values is None else tuple(values))


def _sealed(view: OnlineView, sample: Sample) -> bytes:
    nonce = os.urandom(_NONCE_BYTES)
    plain = _encoder.encode([sample.keys, sample.served_us, sample.event_us, sample.values])
    return view.id.bytes + nonce + _cipher(view).encrypt(nonce, plain, view.id.bytes)


def queue_of(tenant_id: UUID) -> bytes:
    """Where the samples of a tenant wait: a stream of entries with one field."""
    return b"sanad:served:" + tenant_id.hex.encode()


def view_of(packed: bytes) -> UUID:
    """Of which view a sample is: said in clear, so that the right key is taken to it."""
    return UUID(bytes=packed[:16])


def opened(view: OnlineView, packed: bytes) -> Sample:
    """NotOurs where it was not sealed for this view."""
    nonce, sealed = packed[16 : 16 + _NONCE_BYTES], packed[16 + _NONCE_BYTES :]
    try:
        keys, served, event, values = msgspec.msgpack.decode(_cipher(view).decrypt(nonce, sealed, packed[:16]))
    except (InvalidTag, msgspec.MsgspecError, ValueError) as error:
        raise NotOurs(view.name) from error
    return Sample(view.id, tuple(keys), served, event, None if values is None else tuple(values))


def _cipher(view: OnlineView) -> AESGCM:
    return AESGCM(hmac.digest(view.secret, b"samples", "sha256"))
