"""How alike two features are: by what they are called, by what they are computed from, and by their values.

Each of the three gives a degree from 0 to 1 with a weight, and they join as independent signs do: what is left of the
doubt is the product of 1 - weight x degree. One sign alone says enough only where it is nearly certain: the same name,
or the same values. The same columns alone do not, since a mean and a count of one column have that in common.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType

from apps.datasets.selectors import variation

# From here on two features are called similar.
SIMILAR = 0.5
_NAME, _SOURCES, _VALUES = 0.75, 0.45, 0.9
# Below these a sign is not worth a sentence.
_TELLING_NAME, _TELLING = 0.5, 0.5
# Of names that differ in a number alone: another window of the same thing is another feature, and meant to be.
_OTHER_NUMBER = 0.1
# Quantiles may lie so far apart, in parts of the distance from the 5 % to the 95 % quantile.
_QUANTILES_APART, _SHARES_APART = 0.05, 0.1
_NULLS_APART = 0.05
# Of so many different values or more, equal figures are no accident.
_MANY_VALUES = 20
_QUANTILES = ("0.05", "0.25", "0.5", "0.75", "0.95")
# Words that mean the same in names of columns.
_SAME = {
    **dict.fromkeys(("mean", "average"), "avg"),
    **dict.fromkeys(("cnt", "num", "nr", "number", "n"), "count"),
    **dict.fromkeys(("total",), "sum"),
    **dict.fromkeys(("minimum",), "min"),
    **dict.fromkeys(("maximum",), "max"),
    **dict.fromkeys(("temperature",), "temp"),
    **dict.fromkeys(("amt",), "amount"),
    **dict.fromkeys(("qty",), "quantity"),
    **dict.fromkeys(("pct", "percentage"), "percent"),
}
_PARTS = re.compile(r"\d+|[^\W\d_]+")
_HUMPS = re.compile(r"(?<=[a-z])(?=[A-Z])")


class Reason(StrEnum):
    """Why two features are called similar."""

    SAME_NAME = "same_name"
    NAME = "name"
    SOURCES = "sources"
    VALUES = "values"


@dataclass(frozen=True)
class Described:
    """A feature as it is compared. `column` is its profile (`foundation.lake.ports.Inspected`), empty where unknown.

    `sources` are words of `source_word`; `rows` how many rows the profile is of.
    """

    name: str
    kind: str = ""
    entity: str = ""
    sources: frozenset[str] = frozenset()
    rows: int = 0
    column: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True)
class Likeness:
    """`score` from 0 to 1; `reasons` the strongest first."""

    score: float
    reasons: tuple[Reason, ...]

    @property
    def similar(self) -> bool:
        return self.score >= SIMILAR


def likeness(one: Described, other: Described) -> Likeness:
    """Of two features; the same whichever comes first."""
    name, sources, values = compare_names(one.name, other.name), _same_sources(one, other), _same_values(one, other)
    # Of another thing, or of another kind, a feature may be called alike and mean something else.
    apart = (0.85 if one.entity != other.entity else 1.0) * (0.75 if _differ(one.kind, other.kind) else 1.0)
    weights = {
        Reason.SAME_NAME if name == 1 else Reason.NAME: (_NAME * apart * name, name >= _TELLING_NAME),
        Reason.SOURCES: (_SOURCES * (0.6 if one.entity != other.entity else 1.0) * sources, sources >= _TELLING),
        Reason.VALUES: (_VALUES * values, values >= _TELLING),
    }
    doubt = math.prod(1 - weight for weight, _telling in weights.values())
    ordered = sorted(weights.items(), key=lambda pair: -pair[1][0])
    return Likeness(round(1 - doubt, 4), tuple(reason for reason, (_weight, telling) in ordered if telling))


def compare_names(one: str, other: str) -> float:
    """How alike two names are: 1.0 for the same words in whatever order, however they are written."""
    words, others = _words(one), _words(other)
    if not words or not others:
        return 1.0 if one == other else 0.0
    if sorted(words) == sorted(others):
        return 1.0
    plain, plain_others = ({w for w in said if not w.isdigit()} for said in (words, others))
    numbers, other_numbers = ([w for w in said if w.isdigit()] for said in (words, others))
    shared = len(plain & plain_others) / max(len(plain | plain_others), 1)
    found = max(shared, _trigrams_shared(" ".join(sorted(plain)), " ".join(sorted(plain_others))))
    # A name without a number is not another window, but perhaps the whole of which the other is one.
    return min(found, _OTHER_NUMBER) if numbers and other_numbers and numbers != other_numbers else min(found, 0.99)


def _differ(kind: str, other: str) -> bool:
    return bool(kind and other and kind != other)


@lru_cache(maxsize=65_536)
def _words(name: str) -> tuple[str, ...]:
    parts = _PARTS.findall(_HUMPS.sub("_", name).lower())
    return tuple(_SAME.get(part, part) for part in parts)


@lru_cache(maxsize=65_536)
def _trigrams(text: str) -> frozenset[str]:
    """As PostgreSQL's pg_trgm cuts them: each word with two blanks before it and one behind."""
    return frozenset(f"  {word} "[at : at + 3] for word in text.split() for at in range(len(word) + 1))


def _trigrams_shared(one: str, other: str) -> float:
    mine, theirs = _trigrams(one), _trigrams(other)
    return len(mine & theirs) / max(len(mine | theirs), 1)


def _same_sources(one: Described, other: Described) -> float:
    together = one.sources | other.sources
    return len(one.sources & other.sources) / len(together) if one.sources and other.sources else 0.0


def _same_values(one: Described, other: Described) -> float:
    """1.0 where the figures of the values are equal; less where few values make that likely by accident."""
    if not one.column or not other.column or one.kind != other.kind:
        return 0.0
    if abs(_null_share(one) - _null_share(other)) > _NULLS_APART:
        return 0.0
    distinct = min(_count(one, "distinct"), _count(other, "distinct"))
    if distinct < 2 or max(_count(one, "distinct"), _count(other, "distinct")) > 2 * distinct:
        return 0.0
    telling = min(1.0, math.log2(distinct) / math.log2(_MANY_VALUES))
    return telling * (_same_quantiles(one, other) if one.kind == "number" else _same_frequent(one, other))


def _same_quantiles(one: Described, other: Described) -> float:
    mine, theirs = _quantiles(one), _quantiles(other)
    if mine is None or theirs is None:
        return 0.0
    wide = max(mine[-1] - mine[0], theirs[-1] - theirs[0])
    if wide <= 0:
        return 0.0
    apart = max(abs(a - b) for a, b in zip(mine, theirs, strict=True)) / wide
    return max(0.0, 1 - apart / _QUANTILES_APART)


def _same_frequent(one: Described, other: Described) -> float:
    """Of what has no order: by the shares of the frequent values."""
    mine, theirs = _shares(one), _shares(other)
    return max(0.0, 1 - variation(mine, theirs) / _SHARES_APART) if mine and theirs else 0.0


def _quantiles(one: Described) -> list[float] | None:
    told = one.column.get("quantiles")
    if not isinstance(told, Mapping):
        return None
    found = [told.get(at) for at in _QUANTILES]
    numbers = [float(value) for value in found if isinstance(value, int | float)]
    return numbers if len(numbers) == len(found) else None


def _shares(one: Described) -> dict[str, float]:
    top = one.column.get("top")
    present = max(one.rows - _count(one, "nulls"), 1)
    return {str(t["value"]): t["count"] / present for t in top} if isinstance(top, list) else {}


def _count(one: Described, name: str) -> int:
    value = one.column.get(name)
    return value if isinstance(value, int) else 0


def _null_share(one: Described) -> float:
    return _count(one, "nulls") / one.rows if one.rows else 0.0
