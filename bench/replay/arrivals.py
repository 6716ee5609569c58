"""The year's flights in the order in which they become known: most a few minutes after they were over, some much later.

How late a flight is told is drawn from the digest of its number, so that every run replays the same year: nine of ten
within ten minutes, most of the others within two hours, and one of fifty up to thirty hours later, when it may have
left every window.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

from sanad.samples import landed

SECOND = 1_000_000
Flight = dict[str, Any]


def flights(count: int | None = None) -> list[tuple[int, Flight]]:
    """(when it is told in µs since 1970, the event), the earliest first; of the first `count` of the year."""
    told = [(_over_us(event) + _lag_us(number), event) for number, event in enumerate(islice(landed.events(), count))]
    return sorted(told, key=lambda one: one[0])


def parts(told: Sequence[tuple[int, Flight]], widths: Sequence[int]) -> Iterator[tuple[int, list[Flight]]]:
    """(the moment in µs at which they are sent, the flights that were told by then), one step after the other.

    `widths` in µs follow each other again and again; a step in which nothing was told is left out.
    """
    place, moment, number = 0, told[0][0], 0
    while place < len(told):
        moment += widths[number % len(widths)]
        number += 1
        first = place
        while place < len(told) and told[place][0] <= moment:
            place += 1
        if place > first:
            yield moment, [event for _at, event in told[first:place]]


def _over_us(event: Flight) -> int:
    return round(datetime.fromisoformat(event[landed.EVENT_TIME]).timestamp()) * SECOND


def _lag_us(number: int) -> int:
    drawn = int.from_bytes(hashlib.blake2b(number.to_bytes(8, "big"), digest_size=8).digest(), "big")
    kind, share = drawn % 50, (drawn >> 8) % 1_000_003 / 1_000_003
    longest = 600 if kind < 45 else 7_200 if kind < 49 else 30 * 3_600
    return round(share * longest) * SECOND
