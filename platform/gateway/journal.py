"""The inference log's way to Valkey: queued on the request path, written in batches, spilled while it is away."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections import deque

import redis.asyncio as redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from gateway.entries import Entry, stream_of
from gateway.spill import Line, Spill

log = logging.getLogger("gateway.journal")

BATCH = 200
LINGER_S = 0.05
RETRY_AFTER_S = 1.0
FIELD = "entry"
# A batch of large bodies is written in pieces, so that making JSON of it holds up no request for long.
BATCH_BYTES = 1024 * 1024


# One call for a whole batch: an XADD each costs five times as much of our core.
_ADD = """
for i = 3, #ARGV do
  redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[1], '*', ARGV[2], ARGV[i])
end
return #ARGV - 2
"""


class Journal:
    """`put` never waits. Every entry ends as written, spilled (and later replayed) or dropped, and is counted so."""

    def __init__(self, redis_url: str, spill: Spill, *, queue_bytes: int, stream_length: int) -> None:
        self._redis = redis.Redis.from_url(
            redis_url, socket_timeout=5, socket_connect_timeout=2, retry=Retry(NoBackoff(), 0), max_connections=2
        )
        self._add = self._redis.register_script(_ADD)
        self._spill = spill
        self._queue: deque[Entry] = deque()
        self._most_bytes = queue_bytes
        self._stream_length = stream_length
        self._wake = asyncio.Event()
        self._away_until = 0.0
        self.away_because = ""
        self.queued_bytes = 0
        self.fates = {"written": 0, "spilled": 0, "replayed": 0, "dropped": 0}

    @property
    def queued(self) -> int:
        return len(self._queue)

    @property
    def spilled_bytes(self) -> int:
        return self._spill.size

    def put(self, entry: Entry) -> None:
        size = entry.size
        if self.queued_bytes + size > self._most_bytes:
            self.fates["dropped"] += 1
            return
        self.queued_bytes += size
        self._queue.append(entry)
        if len(self._queue) == 1:
            self._wake.set()

    async def run(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(RETRY_AFTER_S):
                    await self._wake.wait()
            self._wake.clear()
            if self._queue:
                await asyncio.sleep(LINGER_S)
            await self.flush()
            await self._replay()

    async def close(self, within_s: float = 3.0) -> None:
        """Write what is queued; what Valkey does not take in time goes to the file."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                await self.flush()
        while self._queue:
            await self._to_spill(self._take_batch())
        await self._redis.aclose()

    async def flush(self) -> None:
        """Empty the queue into Valkey, or into the file while Valkey is away."""
        while self._queue:
            lines = self._take_batch()
            if time.monotonic() >= self._away_until and await self._write_or_keep(lines):
                self.fates["written"] += len(lines)
            else:
                await self._to_spill(lines)

    async def _write_or_keep(self, lines: list[Line]) -> bool:
        try:
            return await self._write(lines)
        except asyncio.CancelledError:
            # The process is being stopped: these lines are in nobody's hands but ours.
            self.fates["spilled"] += self._spill.append(lines)
            raise

    def _take_batch(self) -> list[Line]:
        lines: list[Line] = []
        size = 0
        while self._queue and len(lines) < BATCH and size < BATCH_BYTES:
            entry = self._queue.popleft()
            self.queued_bytes -= entry.size
            size += entry.size
            lines.append((stream_of(entry.tenant_id), entry.as_json()))
        return lines

    async def _write(self, lines: list[Line]) -> bool:
        """Add the lines to their streams. A failure half way may leave some twice: readers go by the entry's id."""
        streams: dict[str, list[bytes]] = {}
        for stream, blob in lines:
            streams.setdefault(stream, []).append(blob)
        try:
            for stream, blobs in streams.items():
                await self._add(keys=[stream], args=[self._stream_length, FIELD, *blobs])
        except (RedisError, OSError) as error:
            self._note_away(error)
            return False
        if self.away_because:
            log.info("Valkey takes the inference log again.")
            self.away_because = ""
        return True

    def _note_away(self, error: Exception) -> None:
        self._away_until = time.monotonic() + RETRY_AFTER_S
        if not self.away_because:
            log.warning("Valkey does not take the inference log (%s); it is kept on disk meanwhile.", error)
        self.away_because = str(error) or type(error).__name__

    async def _to_spill(self, lines: list[Line]) -> None:
        try:
            kept = await asyncio.to_thread(self._spill.append, lines)
        except OSError as error:
            log.error("The inference log cannot be kept on disk: %s", error)
            kept = 0
        self.fates["spilled"] += kept
        if kept < len(lines):
            self.fates["dropped"] += len(lines) - kept
            log.error("%d entries of the inference log were dropped: the file is full.", len(lines) - kept)

    async def _replay(self) -> None:
        """Bring back what lies in the file, oldest first, as long as Valkey takes it."""
        while self._spill.waiting and time.monotonic() >= self._away_until:
            lines, place = await asyncio.to_thread(self._spill.next_lines, BATCH)
            if lines and not await self._write(lines):
                return
            self.fates["replayed"] += len(lines)
            await asyncio.to_thread(self._spill.done, place)
            await self.flush()
