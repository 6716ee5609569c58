"""The inference log's way to Valkey: queued on the request path, written in batches, spilled while it is away."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
import uuid
from collections import deque

import redis.asyncio as redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from gateway.entries import Entry, stream_of
from gateway.spill import Batch, Spill

log = logging.getLogger("gateway.journal")

BATCH = 200
LINGER_S = 0.05
RETRY_AFTER_S = 1.0
FIELD = "entry"
# A batch of large bodies is written in pieces, so that making JSON of it holds up no request for long.
BATCH_BYTES = 1024 * 1024


# One call for a whole batch: an XADD each costs five times as much of our core. The newest tokens are kept beside the
# stream, so that a batch whose answer was lost, and which is sent again, is not written twice.
_ADD = """
if redis.call('LPOS', KEYS[2], ARGV[3]) then return 0 end
for i = 4, #ARGV do
  redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[1], '*', ARGV[2], ARGV[i])
end
redis.call('LPUSH', KEYS[2], ARGV[3])
redis.call('LTRIM', KEYS[2], 0, 255)
return #ARGV - 3
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
        self._closing = False
        self._running: asyncio.Task[None] | None = None
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
        """Until `close`. Not to be cancelled: the Redis client may take a cancellation for a failure of its own."""
        while not self._closing:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(RETRY_AFTER_S):
                    await self._wake.wait()
            self._wake.clear()
            if self._queue and not self._closing:
                await asyncio.sleep(LINGER_S)
            await self.flush()
            await self._replay()

    def start(self) -> asyncio.Task[None]:
        self._running = asyncio.create_task(self.run())
        return self._running

    async def close(self, within_s: float = 3.0) -> None:
        """Write what is queued; what Valkey does not take in time goes to the file."""
        self._closing = True
        self._wake.set()
        if self._running is not None:
            await asyncio.wait({self._running}, timeout=within_s)
            self._away_until = float("inf")
            self._running.cancel()
            await asyncio.wait({self._running})
        await self.flush()
        await self._redis.aclose()

    async def flush(self) -> None:
        """Empty the queue into Valkey, or into the file while Valkey is away."""
        while self._queue:
            batches = self._take_batches()
            while batches:
                await self._settle(batches)

    async def _settle(self, batches: list[Batch]) -> None:
        """Write or keep the first batch and take it off the list."""
        try:
            written = time.monotonic() >= self._away_until and await self._write(batches[0])
        except asyncio.CancelledError:
            # The process is being stopped: these batches are in nobody's hands but ours.
            for batch in batches:
                self._count_kept(batch, kept=self._spill.append(batch))
            raise
        batch = batches.pop(0)
        if written:
            self.fates["written"] += len(batch.blobs)
        else:
            await self._to_spill(batch)

    def _take_batches(self) -> list[Batch]:
        """The next entries of the queue, those of each stream together."""
        streams: dict[str, list[bytes]] = {}
        count = size = 0
        while self._queue and count < BATCH and size < BATCH_BYTES:
            entry = self._queue.popleft()
            self.queued_bytes -= entry.size
            size += entry.size
            count += 1
            streams.setdefault(stream_of(entry.tenant_id), []).append(entry.as_json())
        return [Batch(stream, uuid.uuid4().hex, blobs) for stream, blobs in streams.items()]

    async def _write(self, batch: Batch) -> bool:
        """Add the batch to its stream, once however often it is sent."""
        keys = [batch.stream, f"{batch.stream}:batches"]
        try:
            await self._add(keys=keys, args=[self._stream_length, FIELD, batch.token, *batch.blobs])
        except (RedisError, OSError) as error:
            self._note_away(error)
            return False
        if self.away_because:
            log.info("Valkey takes the inference log again.")
            self.away_because = ""
        return True

    def _note_away(self, error: Exception) -> None:
        self._away_until = max(self._away_until, time.monotonic() + RETRY_AFTER_S)
        if not self.away_because:
            log.warning("Valkey does not take the inference log (%s); it is kept on disk meanwhile.", error)
        self.away_because = str(error) or type(error).__name__

    async def _to_spill(self, batch: Batch) -> None:
        try:
            kept = await asyncio.to_thread(self._spill.append, batch)
        except OSError as error:
            log.error("The inference log cannot be kept on disk: %s", error)
            kept = False
        self._count_kept(batch, kept=kept)

    def _count_kept(self, batch: Batch, *, kept: bool) -> None:
        self.fates["spilled" if kept else "dropped"] += len(batch.blobs)
        if not kept:
            log.error("%d entries of the inference log were dropped: there is no room on disk.", len(batch.blobs))

    async def _replay(self) -> None:
        """Bring back what lies in the file, oldest first, as long as Valkey takes it."""
        while self._spill.waiting and not self._closing and time.monotonic() >= self._away_until:
            batch, place = await asyncio.to_thread(self._spill.oldest)
            if batch is not None:
                if not await self._write(batch):
                    return
                self.fates["replayed"] += len(batch.blobs)
            await asyncio.to_thread(self._spill.done, place)
            await self.flush()
