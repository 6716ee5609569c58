"""Online, in the same run and on the same Valkey: written and read by us, by feast, and by nothing but a client.

All sides reach the store over TCP on loopback, the gateway excepted, which has its own way as it has it in use.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit
from uuid import UUID

import msgspec
import redis

from bench.features.data import ONLINE_FEATURES
from bench.features.environment import ROOT, feast_python
from bench.load import ask
from bench.processes import free_port, is_listening
from portal.launcher import keys
from portal.launcher.home import Home
from portal.launcher.valkey import Valkey as Server
from sanad.client import Client

ENTITIES, ROUNDS, FEAST_ROUNDS, SECONDS = (1, 100), 2_000, 300, 3.0
TURN = 20
WRITTEN, FEAST_WRITTEN = 5, 2
Times = dict[str, list[float]]


def measure(client: Client, view: dict[str, Any], folder: Path, count: int) -> dict[str, Any]:
    """Seconds of each round by case and side, and {"p50_ms", "p99_ms"} of the two servers."""
    home = Home(Path(os.environ["SANAD_HOME"]))
    with _open_to_loopback(home) as (url, told):
        found: dict[str, Any] = {"materialise": _written(view, url, told, folder, count)}
        for entities in ENTITIES:
            found[f"online {entities}"] = _read(view, url, told, folder, entities, count)
        found |= _served(client, view, told, folder, count)
    return found


@contextmanager
def _open_to_loopback(home: Home) -> Iterator[tuple[str, str]]:
    """The portal's Valkey listens on a port, too: its address, and the same in feast's words."""
    server, port, password = redis.Redis.from_url(Server(home).url), free_port(), keys.read(home, "valkey")
    server.config_set("bind", "127.0.0.1")
    server.config_set("port", port)
    try:
        yield f"redis://:{password}@127.0.0.1:{port}/0", f"127.0.0.1:{port},password={password}"
    finally:
        server.config_set("port", 0)


def _written(view: dict[str, Any], url: str, told: str, folder: Path, count: int) -> Times:
    return {
        "ours": [_materialised(view, count) for _round in range(WRITTEN)],
        "feast": _feast("materialise", told, folder, FEAST_WRITTEN, count)["seconds"],
        "bare": [_bare_writing(url, count) for _round in range(WRITTEN)],
    }


def _materialised(view: dict[str, Any], count: int) -> float:
    """Seconds from the job's first step to the end of its last: looked up, sealed, written, counted, read back."""
    from apps.features import services
    from apps.features.models import FeatureView, Materialisation
    from foundation.identity import Actor
    from foundation.tenancy import find_tenant, scope

    tenant = find_tenant("demo")
    with scope(tenant.pk):
        row = services.request_materialisation(actor=Actor.system(tenant, "bench"), view_id=UUID(view["id"]))
    until = time.monotonic() + 300
    while time.monotonic() < until:
        with scope(tenant.pk):
            row = Materialisation.objects.get(pk=row.pk)
            if row.ended_at is not None and row.started_at is not None:
                held = FeatureView.objects.get(pk=view["id"]).online_keys
                if (row.state, held) != ("done", count):
                    raise RuntimeError(f"It ended as {row.state} with {held} keys: {row.failure}")
                return (row.ended_at - row.started_at).total_seconds()
        time.sleep(0.05)
    raise TimeoutError("The values were not online within five minutes.")


def _bare_writing(url: str, count: int) -> float:
    """What a client writes that has all values packed already, in the pipelines of its library."""
    server, value = redis.Redis.from_url(url), msgspec.msgpack.encode([0, 0, [1 / 3] * ONLINE_FEATURES])
    began = time.perf_counter()
    for start in range(0, count, 2_000):
        pipe = server.pipeline(transaction=False)
        for number in range(start, min(start + 2_000, count)):
            pipe.set(b"bare:%020d" % number, value)
        pipe.execute()
    return time.perf_counter() - began


def _read(view: dict[str, Any], url: str, told: str, folder: Path, entities: int, count: int) -> Times:
    asked = [[{"customer": number} for number in _customers(n, entities, count)] for n in range(ROUNDS)]
    ours, names = (
        _reader(view, url),
        [[b"bare:%020d" % n for n in _customers(r, entities, count)] for r in range(ROUNDS)],
    )
    server, unpack = redis.Redis.from_url(url), msgspec.msgpack.decode
    now_us = time.time_ns() // 1_000
    sides: dict[str, Callable[[int], object]] = {
        "ours": lambda n: ours.read(asked[n], now_us=now_us).features,
        "bare": lambda n: [unpack(value) for value in cast(list[bytes], server.mget(names[n]))],
    }
    return {
        **_timed_in_turns(sides),
        "feast": _feast(f"online-{entities}", told, folder, FEAST_ROUNDS, count)["seconds"],
    }


def _customers(number: int, entities: int, count: int) -> list[int]:
    """As many different ones each time; seldom the same ones twice."""
    return random.Random(number).sample(range(count), entities)  # noqa: S311


def _reader(view: dict[str, Any], url: str) -> Any:
    from apps.features.models import FeatureView
    from apps.features.services.online import online_view
    from foundation.tenancy import find_tenant, scope
    from runtime.online import OnlineReader, Valkey

    with scope(find_tenant("demo").pk):
        online = online_view(FeatureView.objects.select_related("entity").get(pk=view["id"]))
    return OnlineReader(Valkey(url), [online])


def _timed_in_turns(sides: dict[str, Callable[[int], object]]) -> Times:
    """Seconds of each round. A side's rounds take half a second, in which a machine may be slower than just before:
    the sides take turns, so that what slows one slows the other.
    """
    seconds: Times = {side: [] for side in sides}
    for start in range(0, ROUNDS, TURN):
        for side, act in sides.items():
            for number in range(start, start + TURN):
                began = time.perf_counter()
                act(number)
                seconds[side].append(time.perf_counter() - began)
    return seconds


def _served(client: Client, view: dict[str, Any], told: str, folder: Path, count: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    with _feast_server(told, folder, count) as theirs:
        for entities in ENTITIES:
            asked = [list(_customers(n, entities, count)) for n in range(200)]
            ours = [_question(view, some, client) for some in asked]
            for side, address, bodies in (("ours", _gateway(client), ours), ("feast", theirs, _feast_questions(asked))):
                seen = ask(address, bodies, seconds=SECONDS)
                found.setdefault(f"online rest {entities}", {})[side] = {"p50_ms": seen.p50_ms, "p99_ms": seen.p99_ms}
    return found


def _gateway(client: Client) -> tuple[str, int]:
    parts = urlsplit(os.environ["SANAD_URL"])
    return str(parts.hostname), int(parts.port or 80)


def _question(view: dict[str, Any], customers: list[int], client: Client) -> bytes:
    body = json.dumps({"views": [view["id"]], "entities": [{"customer": n} for n in customers]}).encode()
    return _message("/features/online", body, authorization=f"Bearer {os.environ['BENCH_TOKEN']}")


def _feast_questions(asked: list[list[int]]) -> list[bytes]:
    features = [f"now:f{n}" for n in range(ONLINE_FEATURES)]
    bodies = [json.dumps({"features": features, "entities": {"customer": customers}}).encode() for customers in asked]
    return [_message("/get-online-features", body) for body in bodies]


def _message(path: str, body: bytes, **headers: str) -> bytes:
    lines = {"host": "localhost", "content-type": "application/json", "content-length": str(len(body)), **headers}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"POST {path} HTTP/1.1\r\n{head}\r\n".encode() + body


@contextmanager
def _feast_server(told: str, folder: Path, count: int) -> Iterator[tuple[str, int]]:
    _feast("serve", told, folder, 1, count)
    port, log = free_port(), (folder / "feast.log").open("wb")
    command = [str(feast_python().parent / "feast"), "-c", str(folder / "feast"), "serve", "--no-access-log"]
    command += ["--host", "127.0.0.1", "--port", str(port), "--max-requests", "0"]
    server = subprocess.Popen(command, env={**os.environ, "FEAST_USAGE": "False"}, stdout=log, stderr=log)
    try:
        until = time.monotonic() + 60
        while not is_listening(("127.0.0.1", port)):
            if server.poll() is not None or time.monotonic() > until:
                raise RuntimeError((folder / "feast.log").read_text()[-2000:])
            time.sleep(0.1)
        yield "127.0.0.1", port
    finally:
        server.terminate()
        server.wait(20)
        log.close()


def _feast(act: str, told: str, folder: Path, rounds: int, count: int) -> dict[str, Any]:
    command = [
        str(feast_python()),
        str(ROOT / "bench/features/feast_side.py"),
        act,
        str(folder),
        str(rounds),
        str(count),
    ]
    done = subprocess.run(command, env={**os.environ, "BENCH_STORE": told}, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"feast {act}:\n{done.stderr[-3000:]}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    print(f"features: feast {act} done", file=sys.stderr, flush=True)
    return found
