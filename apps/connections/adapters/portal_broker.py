"""The portal's own Valkey as a broker: each stream has a key of its own, bounded, and dropped as it is read."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import redis
from django.utils.translation import gettext_noop

from apps.connections.adapters.valkey_broker import Line, ValkeyBroker
from foundation.errors import OverQuota, Unavailable
from foundation.words import kept as _

_PREFIX = "sanad:stream:"
_SENTENCE = gettext_noop("The message broker does not answer; send this again.")
# All or nothing, and once: what is sent again under the same name within a day is known by it. All entries are looked
# at: by a sample of the first ones, small events in front would hide any number of large ones.
# A house's keys are counted together in a hash: each as it was when something was added last, their sum under ''. What
# was read since makes that sum too high, never too low: where it says no, all are looked at again, once in a second.
_APPEND = """
local kept = ARGV[3] ~= '' and redis.call('GET', KEYS[2])
if kept then return kept end
local function usage(key) return redis.call('MEMORY', 'USAGE', key, 'SAMPLES', 0) or 0 end
local waiting, size = usage(KEYS[1]), tonumber(ARGV[1])
if waiting + size > tonumber(ARGV[2]) then return 'full' end
local function others()
  local sum = tonumber(redis.call('HGET', KEYS[3], '') or 0)
  return sum - tonumber(redis.call('HGET', KEYS[3], KEYS[1]) or 0)
end
if others() + waiting + size > tonumber(ARGV[5]) then
  if not redis.call('SET', KEYS[4], 1, 'NX', 'PX', 1000) then return 'house' end
  local sum = 0
  for _, key in ipairs(redis.call('HKEYS', KEYS[3])) do
    local now = key ~= '' and usage(key) or 0
    sum = sum + now
    if now > 0 then redis.call('HSET', KEYS[3], key, now) else redis.call('HDEL', KEYS[3], key) end
  end
  redis.call('HSET', KEYS[3], '', sum)
  if others() + waiting + size > tonumber(ARGV[5]) then return 'house' end
end
redis.call('HSET', KEYS[3], '', others() + waiting + size)
redis.call('HSET', KEYS[3], KEYS[1], waiting + size)
for at = 6, #ARGV do redis.call('XADD', KEYS[1], '*', 'event', ARGV[at]) end
if ARGV[3] ~= '' then redis.call('SET', KEYS[2], ARGV[3], 'EX', ARGV[4]) end
return 'new'
"""
_DROP = """
redis.call('DEL', KEYS[1])
local was = redis.call('HGET', KEYS[2], KEYS[1])
if was then
  redis.call('HDEL', KEYS[2], KEYS[1])
  if redis.call('HLEN', KEYS[2]) > 1 then redis.call('HINCRBY', KEYS[2], '', -tonumber(was))
  else redis.call('DEL', KEYS[2]) end
end
"""
_REMEMBERED_S = 86_400
_AGAIN_S = 5


class PortalBroker(ValkeyBroker):
    def __init__(self, url: str) -> None:
        super().__init__(lambda: _line(url), str(_("The portal's own broker")), own=True, prefix=_PREFIX)
        self._client = redis.Redis.from_url(url, socket_timeout=20)
        self._script = self._client.register_script(_APPEND)
        self._dropping = self._client.register_script(_DROP)

    def append(
        self,
        topic: str,
        bodies: Sequence[bytes],
        *,
        most_bytes: int,
        house: str,
        house_bytes: int,
        once: str = "",
        answer: str = "",
    ) -> str:
        """Add all of these events or none; answers what stands from now on for the name `once`.

        That is `answer`, or what was given first to whoever used the name within a day: then nothing is added.
        OverQuota where more than `most_bytes` would wait under the topic, or `house_bytes` under all of the house's.
        """
        counted = f"{_PREFIX}waiting:{house}"
        keys = [self._key(topic), f"{_PREFIX}once:{topic}:{once}", counted, f"{counted}:looked"]
        kept = f"={answer}" if once else ""
        size = sum(map(len, bodies))
        try:
            found = self._script(keys=keys, args=[size, most_bytes, kept, _REMEMBERED_S, house_bytes, *bodies]).decode()
        except redis.RedisError as error:
            raise Unavailable(_(_SENTENCE)) from error
        if found == "full":
            sentence = _("More events wait than may. Send these again when some of them were read.")
            raise OverQuota(sentence, details={"retry_after": _AGAIN_S})
        if found == "house":
            sentence = _(
                "As many events wait as may in all streams of the organisation together (%(megabytes)s MB). Send these "
                "again when some of them were read; a stream that stands still keeps its own waiting."
            )
            said = sentence % {"megabytes": house_bytes >> 20}
            raise OverQuota(said, details={"retry_after": _AGAIN_S})
        return found[1:] if found.startswith("=") else answer

    def drop(self, topic: str, *, house: str) -> None:
        """Forget the events that wait, also where those of the house are counted."""
        try:
            self._dropping(keys=[self._key(topic), f"{_PREFIX}waiting:{house}"])
        except redis.RedisError as error:
            raise Unavailable(_(_SENTENCE)) from error


def _line(url: str) -> Line:
    """Not through the door to the world: it is the portal's own server."""
    pool = redis.ConnectionPool.from_url(url)
    kept = {name: value for name, value in pool.connection_kwargs.items() if name in {"db", "username", "password"}}
    made = pool.connection_class(**{**pool.connection_kwargs, "socket_timeout": 20, "socket_connect_timeout": 5})
    return Line(made._connect, **kept)


@lru_cache(maxsize=4)
def portal_broker_at(url: str) -> PortalBroker:
    """To append to, for a whole process; whoever reads makes one of its own."""
    return PortalBroker(url)
