"""`python -m bench.streams.producer KEY FIRST SECONDS RATE`: sends events; says when each hundredth was sent."""

from __future__ import annotations

import os
import sys
import time

import redis

from bench.streams.ours import _send

_STEP_S = 0.02


def main(key: str, first: int, seconds: int, rate: int) -> int:
    broker = redis.Redis.from_url(os.environ["BENCH_VALKEY"])
    began, sent, total = time.time(), 0, seconds * rate
    said = []
    while sent < total:
        due = min(total, int((time.time() - began) * rate))
        if due > sent:
            at = time.time()
            _send(broker, key, first + sent, due - sent)
            said += [(first + n, at) for n in range(sent + (-sent) % 100, due, 100)]
            sent = due
        time.sleep(_STEP_S)
    print("\n".join(f"{n} {at:.3f}" for n, at in said))
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1], *map(int, sys.argv[2:])))
