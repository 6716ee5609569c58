"""The queue of served answers on Valkey or Redis: a stream for each tenant, of which the oldest go first."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any
from uuid import UUID

import redis

from apps.features.ports import SampleQueue
from foundation.errors import Unavailable
from runtime.online.samples import FIELD, MOST_WAITING, queue_of


class ValkeySampleQueue:
    def __init__(self, url: str) -> None:
        self._client = redis.Redis.from_url(url)

    def put(self, tenant_id: UUID, samples: Sequence[bytes]) -> None:
        with _translated():
            pipe = self._client.pipeline(transaction=False)
            for sample in samples:
                pipe.xadd(queue_of(tenant_id), {FIELD: sample}, maxlen=MOST_WAITING, approximate=True)
            pipe.execute()

    def after(self, tenant_id: UUID, place: str, limit: int) -> list[tuple[str, bytes]]:
        first = f"({place}" if place else "-"
        with _translated():
            found: Any = self._client.xrange(queue_of(tenant_id), min=first, count=limit)
        return [(name.decode(), fields[FIELD]) for name, fields in found]

    def forget(self, tenant_id: UUID, until: str) -> None:
        with _translated():
            self._client.xtrim(queue_of(tenant_id), minid=_next(until), approximate=False)


def _next(place: str) -> str:
    moment, number = place.split("-")
    return f"{moment}-{int(number) + 1}"


class _translated:
    def __enter__(self) -> None: ...

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if isinstance(error, redis.RedisError):
            raise Unavailable("The queue of served answers does not answer.") from error


@lru_cache(maxsize=4)
def queue_at(url: str) -> SampleQueue:
    """One client, with its pool of connections, per process and address."""
    return ValkeySampleQueue(url)
