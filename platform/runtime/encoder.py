"""The tabular encoder: from values as sent to a float32 matrix, the same for a row here and a table in training.

Needs numpy alone. A missing value is NaN everywhere; a category is its code, and a value that training did not know
gets the code that the rare values of training got.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
import numpy.typing as npt

from runtime.schema import Feature

Matrix = npt.NDArray[np.float32]
Encoded = float | tuple[float, ...]

NAN = float("nan")
LARGEST = float(np.finfo(np.float32).max)
_MISSING_PARTS = (NAN,) * 5

WORDS = {
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "category": "a text",
    "timestamp": 'a time as ISO 8601 text such as "2013-07-01T05:00:00Z"',
}


class InputRefused(ValueError):
    """A value, row or body that the model cannot take; the sentence names the field."""

    def __init__(self, sentence: str, status: int = 422) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.status = status


def _refuse(feature: Feature, value: object) -> InputRefused:
    shown = str(value)
    shown = shown if len(shown) <= 40 else shown[:39] + "…"
    kind = {str: "the text", bool: "the boolean"}.get(type(value), "the value")
    return InputRefused(f"Field {feature.name!r} has to be {WORDS[feature.type]} or null; {kind} {shown!r} is not.")


def _number(feature: Feature) -> Callable[[Any], float]:
    def encode(value: Any) -> float:
        kind = value.__class__
        if kind is float or kind is int:
            if -LARGEST <= value <= LARGEST:
                return value
            raise InputRefused(f"Field {feature.name!r} is {value!r}, which is beyond ±{LARGEST:.3g}.")
        if value is None:
            return NAN
        raise _refuse(feature, value)

    return encode


def _integer(feature: Feature) -> Callable[[Any], float]:
    number = _number(feature)

    def encode(value: Any) -> float:
        if value.__class__ is float and not value.is_integer():
            raise _refuse(feature, value)
        return number(value)

    return encode


def _boolean(feature: Feature) -> Callable[[Any], float]:
    def encode(value: Any) -> float:
        if value is True:
            return 1.0
        if value is False:
            return 0.0
        if value is None:
            return NAN
        raise _refuse(feature, value)

    return encode


def codes_of(feature: Feature) -> tuple[dict[str, float], float]:
    """Return the code of each known category and the one for all others."""
    codes = {value: float(code) for code, value in enumerate(feature.order) if value is not None}
    return codes, float(feature.order.index(None))


def _category(feature: Feature) -> Callable[[Any], float]:
    codes, unknown = codes_of(feature)
    get = codes.get

    def encode(value: Any) -> float:
        if value.__class__ is str:
            return get(value, unknown)
        if value is None:
            return NAN
        raise _refuse(feature, value)

    return encode


def _timestamp(feature: Feature) -> Callable[[Any], tuple[float, ...]]:
    def encode(value: Any) -> tuple[float, ...]:
        if value is None:
            return _MISSING_PARTS
        if value.__class__ is not str:
            raise _refuse(feature, value)
        try:
            at = datetime.fromisoformat(value)
        except ValueError:
            raise _refuse(feature, value) from None
        if at.tzinfo is not None:
            at = at.astimezone(UTC)
        return (at.year, at.month, at.day, at.weekday(), at.hour + at.minute / 60)

    return encode


_ENCODERS: dict[str, Callable[[Feature], Callable[[Any], Encoded]]] = {
    "number": _number,
    "integer": _integer,
    "boolean": _boolean,
    "category": _category,
    "timestamp": _timestamp,
}


class RowEncoder:
    """Encodes JSON values; built once per model, used per request."""

    def __init__(self, features: Sequence[Feature]) -> None:
        self.features = tuple(features)
        self.names = tuple(feature.name for feature in features)
        self.width = sum(len(feature.columns) for feature in features)
        self._encoders = tuple(_ENCODERS[feature.type](feature) for feature in features)
        self._flat = self.width == len(self.features)

    def encode_row(self, values: Sequence[Any]) -> list[float]:
        """Encode one row given in the order of the schema; its length has been checked by the caller."""
        if self._flat:
            return [encode(value) for encode, value in zip(self._encoders, values, strict=True)]  # type: ignore[misc]
        row: list[float] = []
        for encode, value in zip(self._encoders, values, strict=True):
            encoded = encode(value)
            if encoded.__class__ is tuple:
                row.extend(encoded)
            else:
                row.append(encoded)  # type: ignore[arg-type]
        return row

    def encode_rows(self, rows: Sequence[Sequence[Any]]) -> Matrix:
        """Encode rows given in the order of the schema; a refusal names the row when there are several."""
        encoded: list[list[float]] = []
        for number, row in enumerate(rows):
            try:
                encoded.append(self.encode_row(row))
            except InputRefused as refusal:
                if len(rows) == 1:
                    raise
                raise InputRefused(f"Row {number}: {refusal.sentence}", refusal.status) from None
        return np.array(encoded, dtype=np.float32).reshape(len(rows), self.width)
