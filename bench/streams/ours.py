"""Runs under the launcher's `run`: fills the broker, and watches how fast the portal reads it.

`python -m bench.streams.ours OUT EVENTS SECONDS ROUNDS RATE` writes what `cases` reads.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from bisect import bisect_right
from pathlib import Path
from statistics import quantiles
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import redis

from portal.launcher.home import Home
from portal.launcher.valkey import Valkey
from sanad.client import Client

PROJECT, BYTES, AT_ONCE = "bench", 500, 500
COLUMNS = [
    {"name": "n", "type": "whole", "required": True},
    {"name": "at", "type": "time"},
    {"name": "price", "type": "number"},
    {"name": "late", "type": "flag"},
    {"name": "town", "type": "text"},
    {"name": "text", "type": "text"},
]


def main(out: Path, events: int, seconds: int, rounds: int, rate: int) -> int:
    home = Path(os.environ["SANAD_HOME"])
    people = json.loads((home / "credentials.json").read_text())["people"]
    token = next(person["token"] for person in people if person["role"] == "scientist")
    client = Client(os.environ["SANAD_URL"], token, PROJECT)
    client.projects.ensure(PROJECT, name="Bench", purpose="Events")
    url = Valkey(Home(home)).url
    found: dict[str, Any] = {"ours": [], "plain": [], "read": [], "p50_s": [], "p95_s": [], "lag": 0}
    for number in range(rounds):
        stream = _stream(client, f"events {number}")
        key = _key(url, client, stream)
        client.transport.post(f"streams/{stream['id']}/pause/")
        broker = redis.Redis.from_url(url)
        for first in range(0, events, AT_ONCE):
            _send(broker, key, first, AT_ONCE)
        found["read"].append(events / _timed(_read, broker, key))
        found["plain"].append(events / _timed(_plain, broker, key, out.parent))
        client.transport.post(f"streams/{stream['id']}/resume/")
        began = time.perf_counter()
        _until(client, stream, events)
        found["ours"].append(events / (time.perf_counter() - began))
        seen, lag = _steady(client, stream, url, key, events, seconds, rate)
        cuts = quantiles(seen, n=100)
        found["p50_s"].append(round(cuts[49], 2))
        found["p95_s"].append(round(cuts[94], 2))
        found["lag"] = max(found["lag"], lag)
        client.transport.post(f"streams/{stream['id']}/pause/")
        print(
            f"streams: round {number + 1}: { ({name: value[-1] for name, value in found.items() if name != 'lag'}) }",
            flush=True,
        )
    out.write_text(json.dumps(found))
    return 0


def _stream(client: Client, name: str) -> dict[str, Any]:
    dataset = client.transport.post("datasets/", {"project": PROJECT, "name": name})
    body = {"name": name, "dataset": dataset["id"], "columns": COLUMNS, "event_time": "at", "lateness": "00:01:00"}
    made: dict[str, Any] = client.transport.post("streams/", body)
    return made


def _key(url: str, client: Client, stream: dict[str, Any]) -> str:
    """The key under which the portal keeps what is pushed to the stream: an event that is sent there names it."""
    client.transport.post(f"streams/{stream['id']}/pause/")
    client.transport.send("POST", f"streams/{stream['id']}/events/", content=_event(-1))
    ending = stream["id"].replace("-", "")
    broker = redis.Redis.from_url(url)
    [key] = [str(key.decode()) for key in broker.scan_iter(f"sanad:stream:*:{ending}", count=10_000)]
    broker.delete(key)
    client.transport.post(f"streams/{stream['id']}/resume/")
    return key


def _event(n: int) -> bytes:
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    head = b'{"n":%d,"at":"%s","price":%.2f,"late":%s,"town":"town %d","text":"'
    body = head % (n, at.encode(), (n % 9973) / 7, b"true" if n % 3 else b"false", n % 40)
    text = (b"%016x" % ((n * 2654435761) % 2**64)) * 32
    return body + text[: BYTES - len(body) - 2] + b'"}'


def _send(broker: Any, key: str, first: int, count: int) -> None:
    pipe = broker.pipeline(transaction=False)
    for n in range(first, first + count):
        pipe.xadd(key, {"event": _event(n)})
    pipe.execute()


def _timed(act: Any, *given: Any) -> float:
    began = time.perf_counter()
    act(*given)
    return time.perf_counter() - began


def _read(broker: Any, key: str) -> int:
    since, count = "-", 0
    while found := broker.xrange(key, since, count=5_000):
        since, count = "(" + found[-1][0].decode(), count + len(found)
    return count


def _plain(broker: Any, key: str, folder: Path) -> None:
    since, number = "-", 0
    while found := broker.xrange(key, since, count=20_000):
        since, number = "(" + found[-1][0].decode(), number + 1
        rows = [orjson.loads(fields[b"event"]) for _id, fields in found]
        pq.write_table(pa.Table.from_pylist(rows), folder / f"plain-{number}.parquet", compression="zstd")


def _until(client: Client, stream: dict[str, Any], rows: int) -> None:
    while _rows(client, stream)[0] < rows:
        time.sleep(0.05)


def _rows(client: Client, stream: dict[str, Any]) -> tuple[int, int]:
    now = client.transport.get(f"streams/{stream['id']}/")
    return now["rows"], now["lag"]


def _steady(
    client: Client, stream: dict[str, Any], url: str, key: str, before: int, seconds: int, rate: int
) -> tuple[list[float], int]:
    """How long each hundredth event took to be seen, in seconds, and how many waited at most."""
    command = [sys.executable, "-m", "bench.streams.producer", key, str(before), str(seconds), str(rate)]
    with subprocess.Popen(
        command, env={**os.environ, "BENCH_VALKEY": url}, stdout=subprocess.PIPE, text=True
    ) as sender:
        looks: list[tuple[float, int]] = []
        lag = 0
        while (look := _rows(client, stream))[0] < before + seconds * rate:
            looks.append((time.time(), look[0]))
            lag = max(lag, look[1])
            if sender.poll():
                raise SystemExit("The producer failed.")
            time.sleep(0.05)
        looks.append((time.time(), look[0]))
        assert sender.stdout is not None  # noqa: S101 - it was asked for
        sent = [(int(n), float(at)) for n, at in (line.split() for line in sender.stdout)]
    counts = [rows for _at, rows in looks]
    return [looks[bisect_right(counts, n)][0] - at for n, at in sent], lag


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1]), *map(int, sys.argv[2:])))
