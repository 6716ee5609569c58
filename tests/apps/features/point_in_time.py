"""A slow reference of the point-in-time join in plain Python, and random tables with all that can go wrong in them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random

import pyarrow as pa

from apps.features.ports import JoinedView, Labels

BEGIN = datetime(2026, 1, 1)
TTL_US = 12
CASES = 60
LABELS = Labels(kept=("n", "key", "part", "at"), event_time="at")
VALUES = ("number", "word", "whole", "truth", "price", "moment")
NEVER = "never"


@dataclass(frozen=True)
class Shape:
    """One way in which the same random rows are a view."""

    created: bool = False
    early: bool = False
    ttl: bool = False
    composite: bool = False
    zoned: bool = False
    marked: bool | None = True

    def view(self, alias: str) -> JoinedView:
        keys = {"key": "key", **({"section": "part"} if self.composite else {})}
        names = tuple(f"{name}_{alias}" for name in VALUES)
        return JoinedView(
            alias=alias,
            keys=keys,
            event_time="happened",
            created="told" if self.created else "",
            features=VALUES,
            names=names,
            ttl_us=TTL_US if self.ttl else None,
            marked=self.marked,
            early=self.early,
        )


SHAPES = {
    "v0": Shape(),
    "v1": Shape(ttl=True, zoned=True, marked=None),
    "v2": Shape(created=True),
    "v3": Shape(created=True, ttl=True, composite=True),
    "v4": Shape(created=True, early=True),
    "v5": Shape(created=True, early=True, ttl=True, composite=True, zoned=True, marked=None),
}


def labels_and_rows(seed: int) -> tuple[list[dict], list[dict]]:
    """Many small cases, each with keys of its own; times in whole microseconds, so that many are the same."""
    random, labels, rows = Random(seed), [], []
    for case in range(CASES):
        keys = [f"{case}:{name}" for name in "abc"]
        span = random.choice((6, 20, 60))
        for _ in range(random.randrange(25)):
            at = random.randrange(span)
            late = random.choice((0, 0, random.randrange(1, 30), None, NEVER))
            row = {
                "key": _or_none(random, random.choice(keys)),
                "section": random.choice((1, 2)),
                "at": at,
                "late": late,
            }
            rows += [{**row, "values": _values(random)}] * random.choice((1, 1, 1, 2))
        for _ in range(random.randrange(1, 20)):
            at = _or_none(random, random.randrange(-5, span + 20))
            key = _or_none(random, random.choice([*keys, f"{case}:unknown"]))
            one = {"key": key, "part": _or_none(random, random.choice((1, 2, 3))), "at": at}
            labels += [one] * random.choice((1, 1, 2))
    random.shuffle(labels)
    return [{**one, "n": number} for number, one in enumerate(labels)], rows


def _or_none(random, value):
    return None if random.random() < 0.05 else value


def _values(random):
    number = random.choice((None, math.nan, math.inf, -0.0, 0.5, 0.5, -7.25))
    word = random.choice((None, "", "ق", "a", "b"))
    moment = BEGIN + timedelta(microseconds=random.randrange(3))
    return (number, word, random.choice((None, 1, 2)), random.choice((None, True, False)), Decimal("1.10"), moment)


def label_table(labels):
    moments = [None if one["at"] is None else moment(one["at"]) for one in labels]
    columns = {name: [one[name] for one in labels] for name in ("n", "key", "part")}
    return pa.table({**columns, "at": pa.array(moments, pa.timestamp("us"))})


def view_table(rows, shape):
    """As SQL gives it: with a column of moments that a moment of `never` cannot be, so that it is a text first."""
    kinds = (pa.float64(), pa.string(), pa.int32(), pa.bool_(), pa.decimal128(6, 2), pa.timestamp("us"))
    values = [pa.array([row["values"][place] for row in rows], kind) for place, kind in enumerate(kinds)]
    zone = "UTC" if shape.zoned else None
    happened = pa.array([moment(row["at"]) for row in rows], pa.timestamp("us", tz=zone))
    told = pa.array([_told(row) for row in rows], pa.string())
    columns = {"key": [row["key"] for row in rows], "section": [row["section"] for row in rows]}
    return pa.table({**columns, "happened": happened, "told": told, **dict(zip(VALUES, values, strict=True))})


def _told(row):
    if row["late"] is None or row["late"] == NEVER:
        return "infinity" if row["late"] == NEVER else None
    return moment(row["at"] + row["late"]).isoformat()


def moment(at):
    return BEGIN + timedelta(microseconds=at)


def expected(labels, rows, shape):
    """Each label's values of the view, its two times, and whether it was joined, missing or expired; one by one."""
    of_key: dict = {}
    for row in rows:
        of_key.setdefault((row["key"], row["section"] if shape.composite else None), []).append(row)
    return [_seen(label, of_key, shape) for label in labels]


def _seen(label, of_key, shape):
    key = (label["key"], label["part"] if shape.composite else None)
    nameless = label["key"] is None or label["at"] is None or (shape.composite and label["part"] is None)
    there = [] if nameless else [row for row in of_key.get(key, []) if _from(row, shape) <= label["at"]]
    if not there:
        return "missing", (None,) * len(VALUES), None, None
    row = min(there, key=lambda row: (-row["at"], -_known(row, shape), tuple(map(_order, row["values"]))))
    known = None if _known(row, shape) == -math.inf else _known(row, shape)
    if shape.ttl and label["at"] - row["at"] > TTL_US:
        return "expired", (None,) * len(VALUES), row["at"], known
    return "joined", row["values"], row["at"], known


def _known(row, shape):
    """What never becomes known comes behind all that does."""
    if not shape.created or row["late"] is None:
        return row["at"]
    return -math.inf if row["late"] == NEVER else row["at"] + row["late"]


def _from(row, shape):
    if shape.early or not shape.created:
        return row["at"]
    return math.inf if row["late"] == NEVER else _known(row, shape)


def _order(value):
    if value is None:
        return (2, 0)
    return (1, 0) if isinstance(value, float) and math.isnan(value) else (0, value)


def shown(value):
    """Comparable: NaN is NaN, and no zero is below another."""
    if isinstance(value, float):
        return "NaN" if math.isnan(value) else value + 0.0
    return value


def back(at):
    """Microseconds since the beginning, of a moment that came out."""
    return (
        None if at is None else round((at.replace(tzinfo=UTC) - BEGIN.replace(tzinfo=UTC)) / timedelta(microseconds=1))
    )
