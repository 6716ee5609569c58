"""The inference stream on Valkey or Redis streams."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import redis

from apps.monitoring.ports import InferenceStream
from foundation.errors import Unavailable

_SET_ASIDE = 1_000
_SENTENCE = "The message broker does not answer; the inference log waits in the gateway meanwhile."


class ValkeyInferenceStream:
    def __init__(self, url: str) -> None:
        self._client = redis.Redis.from_url(url)

    def read(self, tenant_id: str, *, after: str, count: int) -> list[tuple[str, bytes]]:
        try:
            found: Any = self._client.xrange(_name(tenant_id), min=f"({after}", count=count)
        except redis.RedisError as error:
            raise Unavailable(_SENTENCE) from error
        return [(entry.decode(), next(iter(fields.values()))) for entry, fields in found]

    def forget(self, tenant_id: str, *, upto: str) -> None:
        milliseconds, _, number = upto.partition("-")
        try:
            self._client.xtrim(_name(tenant_id), minid=f"{milliseconds}-{int(number) + 1}", approximate=False)
        except redis.RedisError as error:
            raise Unavailable(_SENTENCE) from error

    def set_aside(self, tenant_id: str, entry_id: str, blob: bytes, *, why: str) -> None:
        name = f"{_name(tenant_id)}:set-aside"
        try:
            self._client.xadd(name, {"entry": blob, "why": why}, id=entry_id, maxlen=_SET_ASIDE, approximate=True)
        except redis.ResponseError as error:
            # An id that does not grow: the entry was set aside before a crash.
            if "equal or smaller" not in str(error):
                raise Unavailable(_SENTENCE) from error
        except redis.RedisError as error:
            raise Unavailable(_SENTENCE) from error

    def length(self, tenant_id: str) -> int:
        try:
            return int(self._client.xlen(_name(tenant_id)))
        except redis.RedisError as error:
            raise Unavailable(_SENTENCE) from error


def _name(tenant_id: str) -> str:
    return f"sanad:inference:{tenant_id}"


@lru_cache(maxsize=4)
def stream_at(url: str) -> InferenceStream:
    return ValkeyInferenceStream(url)
