"""The inference stream on Valkey or Redis streams."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import redis
from django.utils.translation import gettext as _

from apps.monitoring.ports import InferenceStream
from foundation.errors import Unavailable

_SET_ASIDE = 1_000
_REWRITE_S, _POLL_S = 120.0, 0.1
_SENTENCE = "The message broker does not answer; the inference log waits in the gateway meanwhile."
# In one step, so that nothing that the gateway writes meanwhile is lost; later ids still grow beyond the last one.
_REPACK = """
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
local info, last = redis.call('XINFO', 'STREAM', KEYS[1]), nil
for i = 1, #info, 2 do if info[i] == 'last-generated-id' then last = info[i + 1] end end
local left = redis.call('XRANGE', KEYS[1], '-', '+')
redis.call('DEL', KEYS[1])
for _, entry in ipairs(left) do redis.call('XADD', KEYS[1], entry[1], unpack(entry[2])) end
if #left == 0 then
  redis.call('XADD', KEYS[1], last, 'entry', '')
  redis.call('XDEL', KEYS[1], last)
else
  redis.call('XSETID', KEYS[1], last)
end
return #left
"""


class ValkeyInferenceStream:
    def __init__(self, url: str) -> None:
        self._client = redis.Redis.from_url(url)
        self._repack = self._client.register_script(_REPACK)

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
        try:
            self._client.xadd(
                _aside(tenant_id), {"entry": blob, "why": why}, id=entry_id, maxlen=_SET_ASIDE, approximate=True
            )
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

    def newest(self, tenant_id: str) -> str:
        with _translated():
            found: Any = self._client.xrevrange(_name(tenant_id), count=1)
        return found[0][0].decode() if found else ""

    def aside(self, tenant_id: str) -> list[tuple[str, bytes]]:
        with _translated():
            found: Any = self._client.xrange(_aside(tenant_id))
        return [(entry.decode(), fields.get(b"entry", b"")) for entry, fields in found]

    def drop_aside(self, tenant_id: str, entry_ids: Sequence[str]) -> None:
        with _translated():
            if entry_ids:
                self._client.xdel(_aside(tenant_id), *entry_ids)

    def repack(self, tenant_id: str) -> None:
        with _translated():
            for key in (_name(tenant_id), _aside(tenant_id)):
                self._repack(keys=[key])

    def rewrite_files(self) -> bool:
        with _translated():
            told = self._persistence()
            if not told.get("aof_enabled"):
                return True
            # One that began before now may have read what was dropped since; another follows it.
            if not (self._wait_for_rewrite() and self._ask_for_rewrite()):
                return False
            self._wait_for_rewrite()
            if self._persistence().get("aof_last_bgrewrite_status") != "ok":
                raise Unavailable(_("The message broker could not write its files anew; look at its log."))
        return True

    def _ask_for_rewrite(self) -> bool:
        try:
            self._client.bgrewriteaof()
        except redis.ResponseError:
            # Renamed or not allowed, as where somebody else runs the broker.
            return False
        return True

    def _wait_for_rewrite(self) -> bool:
        until = time.monotonic() + _REWRITE_S
        while any(self._persistence().get(flag) for flag in ("aof_rewrite_in_progress", "aof_rewrite_scheduled")):
            if time.monotonic() > until:
                raise Unavailable(_("The message broker is still writing its files anew; the work goes on later."))
            time.sleep(_POLL_S)
        return True

    def _persistence(self) -> dict[str, Any]:
        found: Any = self._client.info("persistence")
        return dict(found)


class _translated:
    def __enter__(self) -> None: ...

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if isinstance(error, redis.RedisError):
            raise Unavailable(_SENTENCE) from error


def _aside(tenant_id: str) -> str:
    return f"{_name(tenant_id)}:set-aside"


def _name(tenant_id: str) -> str:
    return f"sanad:inference:{tenant_id}"


@lru_cache(maxsize=4)
def stream_at(url: str) -> InferenceStream:
    return ValkeyInferenceStream(url)
