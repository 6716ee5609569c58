"""The load client, a process of its own: kept connections, one request after the other on each. Start: -m bench.load

Reads an order as JSON on standard input, writes what it saw as JSON on standard output.
"""

from __future__ import annotations

import asyncio
import base64
import json
import subprocess
import sys
import time
from dataclasses import dataclass
from itertools import cycle
from typing import cast

import uvloop

from bench.processes import ROOT, Address

CONNECTIONS = 8


class WrongAnswer(Exception):
    """A side answered with something that is not a prediction: then no figure counts."""


@dataclass(frozen=True)
class Seen:
    """What a client saw: predictions a second, and latencies in ms."""

    rate: float
    p50_ms: float
    p99_ms: float


def ask(address: Address, requests: list[bytes], *, seconds: float, warm_s: float = 0.5) -> Seen:
    """Put the address under load from a client process; every request is a whole HTTP/1.1 message."""
    order = {
        "address": address,
        "requests": [base64.b64encode(request).decode() for request in requests],
        "seconds": seconds,
        "warm_s": warm_s,
    }
    done = subprocess.run(
        [sys.executable, "-m", "bench.load"], input=json.dumps(order).encode(), capture_output=True, cwd=ROOT
    )
    if done.returncode:
        raise WrongAnswer(done.stderr.decode()[-2000:])
    return Seen(**json.loads(done.stdout))


class _Connection(asyncio.Protocol):
    def __init__(self, load: _Load) -> None:
        self._load = load
        self._held = b""
        self._sent_at = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are no subclasses of asyncio's.
        self._transport = cast(asyncio.Transport, transport)
        self._send()

    def _send(self) -> None:
        self._sent_at = time.perf_counter()
        self._transport.write(next(self._load.requests))

    def data_received(self, data: bytes) -> None:
        held = self._held + data
        end = held.find(b"\r\n\r\n")
        if end < 0 or len(held) < end + 4 + _length(held[:end]):
            self._held = held
            return
        self._held = b""
        if not held.startswith(b"HTTP/1.1 200"):
            self._load.end(WrongAnswer(held[:1000].decode("latin-1")))
        elif self._load.note(self._sent_at, time.perf_counter()):
            self._send()

    def connection_lost(self, error: Exception | None) -> None:
        self._load.end(WrongAnswer(f"The connection was closed: {error}"))


def _length(head: bytes) -> int:
    lines = head.lower()
    found = lines.find(b"\r\ncontent-length: ")
    if found < 0:
        raise WrongAnswer(head.decode("latin-1"))
    return int(lines[found + 18 :].split(b"\r\n", 1)[0])


class _Load:
    """The whole load: which request is next, and what came back in the measured time."""

    def __init__(self, requests: list[bytes], warm_s: float, seconds: float) -> None:
        self.requests = cycle(requests)
        self._from = time.perf_counter() + warm_s
        self._until = self._from + seconds
        self._seconds = seconds
        self._latencies: list[float] = []
        self._over: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def note(self, sent_at: float, now: float) -> bool:
        """Count an answer; whether to go on."""
        if self._from <= now < self._until:
            self._latencies.append(now - sent_at)
        elif now >= self._until:
            self.end()
        return not self._over.done()

    def end(self, error: Exception | None = None) -> None:
        if self._over.done():
            return
        if error is None:
            self._over.set_result(None)
        else:
            self._over.set_exception(error)

    async def wait(self) -> Seen:
        await asyncio.wait_for(self._over, self._seconds + 60)
        ordered = sorted(self._latencies)
        if not ordered:
            raise WrongAnswer("Nothing was answered in the measured time.")
        p99 = ordered[int(len(ordered) * 0.99)]
        return Seen(len(ordered) / self._seconds, ordered[len(ordered) // 2] * 1000, p99 * 1000)


async def _run(address: Address, requests: list[bytes], warm_s: float, seconds: float) -> Seen:
    loop = asyncio.get_running_loop()
    load = _Load(requests, warm_s, seconds)
    for _ in range(CONNECTIONS):
        if isinstance(address, str):
            await loop.create_unix_connection(lambda: _Connection(load), address)
        else:
            await loop.create_connection(lambda: _Connection(load), *address)
    return await load.wait()


def main() -> None:
    order = json.load(sys.stdin)
    requests = [base64.b64decode(request) for request in order["requests"]]
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        seen = runner.run(_run(order["address"], requests, order["warm_s"], order["seconds"]))
    print(json.dumps({"rate": seen.rate, "p50_ms": seen.p50_ms, "p99_ms": seen.p99_ms}))


if __name__ == "__main__":
    main()
