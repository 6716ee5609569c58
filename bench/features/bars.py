"""What was measured online as rows, with what is asked of each."""

from __future__ import annotations

from statistics import median
from typing import Any

from bench.rows import Row

FEATURES = "10 features"
# At least so many times as fast as feast; in process no slower than 1.5 times a bare MGET that unpacks.
SERVER, IN_PROCESS, WRITING, OF_MGET = 5.0, 12.0, 4.0, 1 / 1.5


def online_rows(found: dict[str, Any], count: int, seen: dict[str, Any]) -> list[Row]:
    return [*_in_process(found, seen), *_served(found, seen), _written(found["materialise"], count, seen)]


def _in_process(found: dict[str, Any], seen: dict[str, Any]) -> list[Row]:
    rows = []
    for entities in (1, 100):
        case = f"online {entities} x {FEATURES}, in process, p50"
        sides = {side: [1 / median(seconds)] for side, seconds in found[f"online {entities}"].items()}
        words: dict[str, Any] = {"ours": sides["ours"], "limit": sides["bare"], "machine": seen}
        for peer, name, bar in (("feast", "feast", IN_PROCESS), ("bare", "MGET and unpack", OF_MGET)):
            asked = bar if entities == 100 else None
            rows.append(Row.of_rates("features", case, "reads/s", peer=sides[peer], peer_name=name, bar=asked, **words))
    return rows


def _served(found: dict[str, Any], seen: dict[str, Any]) -> list[Row]:
    rows = []
    for entities in (1, 100):
        sides = found[f"online rest {entities}"]
        for part in ("p50_ms", "p99_ms"):
            ours, theirs = 1000 / sides["ours"][part], 1000 / sides["feast"][part]
            case = f"online rest {entities} x {FEATURES}, 8 connections, {part.removesuffix('_ms')}"
            rows.append(
                Row.of_rates(
                    "features",
                    case,
                    "1/s",
                    ours=[ours],
                    peer=[theirs],
                    peer_name="feast serve",
                    limit=[1 / median(found[f"online {entities}"]["bare"])],
                    machine=seen,
                    bar=SERVER,
                )
            )
    return rows


def _written(sides: dict[str, list[float]], count: int, seen: dict[str, Any]) -> Row:
    rates = {side: [count / seconds for seconds in times] for side, times in sides.items()}
    return Row.of_rates(
        "features",
        f"materialise {count:,} keys x {FEATURES}",
        "keys/s",
        ours=rates["ours"],
        peer=rates["feast"],
        peer_name="feast",
        limit=rates["bare"],
        machine=seen,
        bar=WRITING,
    )
