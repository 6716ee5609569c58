"""The area `serving`: one row a request, JSON, 8 kept connections; ours beside `mlflow models serve` and the limit.

Real: trainer, signature, replica, gateway, key check, inference log into Valkey. The gateway's two internal questions
(routes, keys) are answered by a small stand-in for the portal, which is not on the path of a prediction.
"""

from __future__ import annotations

import http.client
import json
import socket
import tempfile
import time
from collections.abc import Iterable
from contextlib import closing
from dataclasses import fields
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

from bench.load import CONNECTIONS, WrongAnswer, ask
from bench.rows import Row, machine
from bench.serving.model import make_model
from bench.serving.stage import Side, Sides, stage

ROUNDS = 5
SECONDS = 2.5
BAR = 5.0
# The better of them is the peer.
PEERS = {
    "mlflow": f"mlflow models serve {version('mlflow')}",
    "mlflow_one_thread": f"mlflow models serve {version('mlflow')} with OMP_NUM_THREADS=1",
}


def measure() -> list[Row]:
    seen = machine()
    # Sockets have short names: the folder is short too.
    with tempfile.TemporaryDirectory(prefix="sanad-bench-", dir="/tmp") as name:
        folder = Path(name)
        print("serving: training the model and starting all sides", flush=True)
        with stage(folder, make_model(folder)) as sides:
            check_same_answers(sides)
            figures = rounds(sides)
    peer = max(PEERS, key=lambda name: median(figures[name]))
    of = f"gradient boosting of 30 features, {CONNECTIONS} connections"

    def row(part: str, ours: str, limit: str, bar: float | None) -> Row:
        return Row.of_rates(
            "serving",
            f"single-row {part}, {of}",
            "requests/s",
            ours=figures[ours],
            peer=figures[peer],
            peer_name=PEERS[peer],
            limit=figures[limit],
            machine=seen,
            bar=bar,
        )

    return [row("full path", "full_path", "bare", BAR), row("server", "server", "bare_unix", None)]


def rounds(sides: Sides) -> dict[str, list[float]]:
    """Every side once a round, so that a noisy minute meets all of them; the order turns from round to round."""
    names = [field.name for field in fields(sides)]
    figures: dict[str, list[float]] = {name: [] for name in names}
    for number in range(ROUNDS):
        for name in names if number % 2 == 0 else reversed(names):
            side: Side = getattr(sides, name)
            seen = ask(side.address, side.requests, seconds=SECONDS)
            figures[name].append(seen.rate)
            print(
                f"serving: round {number + 1} of {ROUNDS}  {name:18} {seen.rate:8.0f} requests/s  "
                f"p50 {seen.p50_ms:6.2f} ms  p99 {seen.p99_ms:6.2f} ms",
                flush=True,
            )
    return figures


def check_same_answers(sides: Sides) -> None:
    """Every side says the same class for every row; else nothing that follows would mean anything."""
    full = [answer["predictions"][0] for answer in _answers(sides.full_path)]
    others = {
        "the replica": [answer["predictions"][0] for answer in _answers(sides.server)],
        "mlflow": [answer["predictions"][0] for answer in _answers(sides.mlflow)],
        "mlflow on one thread": [answer["predictions"][0] for answer in _answers(sides.mlflow_one_thread)],
        "the bare server": [int(answer[0][1] >= 0.5) for answer in _answers(sides.bare)],
    }
    for name, said in others.items():
        if said != full:
            raise WrongAnswer(f"{name} does not answer as the gateway does: {said} instead of {full}")


def _answers(side: Side) -> Iterable[Any]:
    for request in side.requests:
        status, body = _exchange(side, request)
        if status != 200:
            raise WrongAnswer(f"{side.address} answered {status}: {body[:500].decode(errors='replace')}")
        yield json.loads(body)


def _exchange(side: Side, request: bytes) -> tuple[int, bytes]:
    until = time.monotonic() + 15
    while True:
        family = socket.AF_UNIX if isinstance(side.address, str) else socket.AF_INET
        with closing(socket.socket(family, socket.SOCK_STREAM)) as wire:
            wire.settimeout(30)
            wire.connect(side.address)
            wire.sendall(request)
            answer = http.client.HTTPResponse(wire)
            answer.begin()
            body = answer.read()
        # The gateway hears of its routes a moment after it listens.
        if answer.status not in (404, 503) or time.monotonic() > until:
            return answer.status, body
        time.sleep(0.1)
