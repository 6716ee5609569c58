"""Start: python -m runtime.keeper, with the order as JSON on standard input; answers, then detaches."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from runtime.keeper.keeper import Keeper
from runtime.keeper.order import Order


def main() -> int:
    order = Order.from_json(sys.stdin.read())
    reading, writing = os.pipe()
    if os.fork():
        os.close(writing)
        with os.fdopen(reading) as answers:
            answer = answers.read()
        print(answer or "The keeper ended before it could start the workload.", flush=True)
        return 0 if answer == "ok" else 1
    os.close(reading)
    os.setsid()
    _let_go_of_the_caller(Path(order.folder))
    Keeper(order, answer_on=writing).run()
    return 0


def _let_go_of_the_caller(folder: Path) -> None:
    """Keep none of the caller's streams open: a caller that waits for their end would wait for the workload."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    own_log = os.open(folder / "keeper.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(nothing, 0)
    os.dup2(own_log, 1)
    os.dup2(own_log, 2)
    os.chdir("/")


if __name__ == "__main__":
    raise SystemExit(main())
