"""Figures of columns, gathered while their values go by in the form that the digest hashes (`digest`)."""

from __future__ import annotations

import math
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from foundation.lake.adapters.digest import fixed
from foundation.lake.adapters.widths import is_nested
from foundation.lake.ports import Column

# What one of the numbers that a time is kept as is worth in seconds.
_SECONDS = {"DATE": 86_400.0, "TIMESTAMP": 1e-6, "TIMESTAMP WITH TIME ZONE": 1e-6}
_MEASURED = frozenset(
    ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "FLOAT", "DOUBLE")
)


class Figures(Protocol):
    """Of one column: {"present", "not_finite", "min", "max", "mean", "std"}, as `profile` counts them."""

    def take(self, values: pa.Array) -> None: ...

    def ended(self) -> dict[str, Any]: ...


def of(column: Column) -> Figures | None:
    """None for a column of a type that SQL alone knows how to measure."""
    if column.type in _MEASURED or column.type in _SECONDS:
        return _Measured(_SECONDS.get(column.type), whole=column.type not in ("FLOAT", "DOUBLE"))
    if column.type in ("VARCHAR", "UUID"):
        return _Texts()
    return _Present() if is_nested(column.type) or column.type in ("BOOLEAN", "BLOB") else None


class _Present:
    """How many values are there."""

    def __init__(self) -> None:
        self._present = 0

    def take(self, values: pa.Array) -> None:
        self._present += len(values) - values.null_count

    def ended(self) -> dict[str, Any]:
        return {"present": self._present, "not_finite": 0, "min": None, "max": None, "mean": None, "std": None}


class _Texts(_Present):
    """And how long the shortest and the longest are, in signs."""

    def __init__(self) -> None:
        super().__init__()
        self._least: int | None = None
        self._most: int | None = None

    def take(self, values: pa.Array) -> None:
        super().take(values)
        lengths = _lengths(values.drop_null() if values.null_count else values)
        if len(lengths):
            least, most = int(lengths.min()), int(lengths.max())
            self._least = least if self._least is None else min(self._least, least)
            self._most = most if self._most is None else max(self._most, most)

    def ended(self) -> dict[str, Any]:
        return super().ended() | {"min": self._least, "max": self._most}


def _lengths(texts: pa.StringArray) -> np.ndarray[Any, Any]:
    """In signs. Where all are ASCII, these are the bytes."""
    ends = np.frombuffer(texts.buffers()[1], "<i4")[texts.offset : texts.offset + len(texts) + 1]
    data = texts.buffers()[2]
    if data and np.frombuffer(data, "u1")[ends[0] : ends[-1]].max(initial=0) >= 128:
        lengths: np.ndarray[Any, Any] = pc.utf8_length(texts).to_numpy()
        return lengths
    return np.diff(ends)


class _Measured(_Present):
    """And extremes, mean and standard deviation of the finite ones.

    Sums are of distances from a value of the column's own, so that what cancels out is small (the shifted data
    algorithm: Chan, Golub and LeVeque, The American Statistician 37, 1983).
    """

    def __init__(self, seconds: float | None, *, whole: bool) -> None:
        super().__init__()
        self._seconds, self._whole = seconds, whole
        self._not_finite = self._finite = 0
        self._least: Any = None
        self._most: Any = None
        self._shift, self._sum, self._squares = 0.0, 0.0, 0.0

    def take(self, values: pa.Array) -> None:
        super().take(values)
        numbers = fixed(values, of_floats=not self._whole)
        if values.null_count:
            numbers = numbers[values.is_valid().to_numpy(zero_copy_only=False)]
        finite = self._of_finite(numbers)
        self._not_finite += len(numbers) - len(finite)
        if not len(finite):
            return
        if not self._finite:
            self._shift = float(finite[len(finite) // 2])
            self._least, self._most = finite[0], finite[0]
        self._finite += len(finite)
        self._least, self._most = min(self._least, finite.min()), max(self._most, finite.max())
        away = finite.astype(np.float64) - self._shift
        self._sum += float(away.sum())
        # Not np.dot: its library sets other threads spinning.
        self._squares += float(np.square(away, out=away).sum())

    def ended(self) -> dict[str, Any]:
        scale, n = self._seconds or 1.0, self._finite
        said = super().ended() | {"not_finite": self._not_finite}
        if not n:
            return said
        mean = self._shift + self._sum / n
        spread = max(0.0, self._squares - self._sum**2 / n)
        std = math.sqrt(spread / (n - 1)) * scale if n > 1 else None
        least, most = float(self._least) * scale, float(self._most) * scale
        return said | {"min": least, "max": most, "mean": mean * scale, "std": std}

    def _of_finite(self, numbers: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        if not self._whole:
            finite = np.isfinite(numbers)
            return numbers if finite.all() else numbers[finite]
        if self._seconds is None:
            return numbers
        # Times that are before or after all others are written as the last numbers there are.
        last = np.iinfo(numbers.dtype).max
        endless = (numbers == last) | (numbers == -last)
        return numbers[~endless] if endless.any() else numbers
