"""What expressions may call, and the operators: each works on whole arrays, and on one value as an array of one.

Where numpy has several ways of computing something, by the length of an array or by the processor, the last bit may
differ between them; so logarithms, powers and angles go through Python's `math`, value by value, in both cases.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from runtime.expressions.kinds import Array, Kind

_ZERO, _ONE, _NAN = np.zeros(1), np.ones(1), math.nan
_NAT = np.datetime64("NaT", "us")
_SECOND = np.timedelta64(1, "s")
_DAY_US, _HOUR_US = 86_400_000_000, 3_600_000_000
# The mean radius of the earth in kilometres (IUGG, R1).
_EARTH_KM = 6371.0088
# Put together over and over, a few signs are more than any memory; what is longer than this is missing.
MOST_JOINED = 4_000


def finite(found: Array) -> Array:
    """What is not finite is missing: nought times infinity is no number, and nothing else changes."""
    whole: Array = np.add(found, np.multiply(found, _ZERO))
    return whole


def missing(kind: Kind, found: Array) -> Array:
    """Which values are missing, as booleans."""
    if kind == "text":
        return _is_none(found).astype(bool)
    marks: Array = np.isnat(found) if kind == "moment" else np.isnan(found)
    return marks


def compared(kind: Kind, compare: np.ufunc) -> Callable[[Array, Array], Array]:
    """A comparison of two values of a kind, missing where either is."""
    if kind == "text":
        same = compare is np.equal
        asked = np.frompyfunc(lambda a, b: _NAN if a is None or b is None else float((a == b) is same), 2, 1)
        return lambda a, b: asked(a, b).astype(float)
    if kind == "moment":
        return lambda a, b: np.where(np.isnat(a) | np.isnat(b), _NAN, compare(a, b))
    # The sum of two finite numbers is never NaN.
    return lambda a, b: np.where(np.isnan(np.add(a, b)), _NAN, compare(a, b))


def chosen(kind: Kind) -> Callable[[Array, Array, Array], Array]:
    """The first where the condition holds, else the second; missing where the condition is."""
    nothing: Any = {"text": None, "moment": _NAT}.get(kind, _NAN)
    return lambda condition, a, b: np.where(np.isnan(condition), nothing, np.where(condition == 1.0, a, b))


def among(wanted: frozenset[Any], *, inside: bool) -> Callable[[Array], Array]:
    """Whether a text or number is one of those wanted."""

    def one(value: Any) -> float:
        # What is missing is None, or unlike itself.
        return _NAN if value is None or value != value else float((value in wanted) is inside)

    asked = np.frompyfunc(one, 1, 1)
    return lambda found: asked(found).astype(float)


def both(a: Array, b: Array) -> Array:
    found: Array = np.multiply(a, b)
    return found


def either(a: Array, b: Array) -> Array:
    found: Array = np.maximum(a, b)
    return found


def negated(a: Array) -> Array:
    found: Array = np.subtract(_ONE, a)
    return found


def _by_value(reckon: Callable[..., float], inputs: int) -> Callable[..., Array]:
    """A function of Python's floats over arrays; what it refuses or cannot hold is missing."""

    def one(*values: float) -> float:
        try:
            found = reckon(*values)
        except (ValueError, OverflowError, ZeroDivisionError):
            return _NAN
        return found if math.isfinite(found) else _NAN

    whole = np.frompyfunc(one, inputs, 1)
    return lambda *arrays: whole(*arrays).astype(float)


def _power(base: float, exponent: float) -> float:
    # IEEE 754 has NaN to the power of nought and one to the power of NaN as one; here what is missing stays so.
    return _NAN if base != base or exponent != exponent else math.pow(base, exponent)


power = _by_value(_power, 2)


def _haversine(lat1: float, lon1: float, lat2: float, lon2: float) -> float:
    """Kilometres over the ground between two points in degrees; places that are none on earth are missing."""
    if not (abs(lat1) <= 90 and abs(lat2) <= 90 and abs(lon1) <= 360 and abs(lon2) <= 360):
        return _NAN
    p1, p2 = math.radians(lat1), math.radians(lat2)
    half = math.sin((p2 - p1) / 2) ** 2
    half += math.cos(p1) * math.cos(p2) * math.sin(math.radians(lon2 - lon1) / 2) ** 2
    return 2 * _EARTH_KM * math.asin(min(1.0, math.sqrt(half)))


def _of_texts(reckon: Callable[..., Any], inputs: int, *, gives_text: bool) -> Callable[..., Array]:
    nothing = None if gives_text else _NAN
    whole = np.frompyfunc(lambda *texts: nothing if None in texts else reckon(*texts), inputs, 1)
    return whole if gives_text else lambda *arrays: whole(*arrays).astype(float)


_is_none = np.frompyfunc(lambda value: value is None, 1, 1)


def _joined(*arrays: Array) -> Array:
    found = arrays[0]
    for more in arrays[1:]:
        found = _pair(found, more)
    return found


def _put_together(a: str, b: str) -> str | None:
    return a + b if len(a) + len(b) <= MOST_JOINED else None


_pair = _of_texts(_put_together, 2, gives_text=True)


def _least(*arrays: Array) -> Array:
    found = arrays[0]
    for more in arrays[1:]:
        found = np.minimum(found, more)
    return found


def _most(*arrays: Array) -> Array:
    found = arrays[0]
    for more in arrays[1:]:
        found = np.maximum(found, more)
    return found


def _rounded(found: Array, digits: int = 0) -> Array:
    if not digits:
        whole: Array = np.rint(found)
        return whole
    return _by_value(lambda value: round(value, digits), 1)(found)


def _shifted(moments: Array, hours: float) -> tuple[Array, Array]:
    """Microseconds since 1970 so many hours east of UTC, and which are missing."""
    return moments.view(np.int64) + round(hours * _HOUR_US), np.isnat(moments)


def _hour(moments: Array, hours: float = 0.0) -> Array:
    at, gone = _shifted(moments, hours)
    return np.where(gone, _NAN, at % _DAY_US // _HOUR_US)


def _weekday(moments: Array, hours: float = 0.0) -> Array:
    at, gone = _shifted(moments, hours)
    # The first of January 1970 was a Thursday.
    return np.where(gone, _NAN, (at // _DAY_US + 3) % 7 + 1)


def _calendar(part: Callable[[Array], Array]) -> Callable[..., Array]:
    def reckon(moments: Array, hours: float = 0.0) -> Array:
        gone = np.isnat(moments)
        shifted = moments + np.timedelta64(round(hours * _HOUR_US), "us")
        return np.where(gone, _NAN, part(shifted))

    return reckon


def _years(moments: Array) -> Array:
    return moments.astype("datetime64[Y]").view(np.int64) + 1970


def _months(moments: Array) -> Array:
    return moments.astype("datetime64[M]").view(np.int64) % 12 + 1


def _days(moments: Array) -> Array:
    days = moments.astype("datetime64[D]") - moments.astype("datetime64[M]").astype("datetime64[D]")
    return days.view(np.int64) + 1


def _seconds(earlier: Array, later: Array) -> Array:
    found: Array = (later - earlier) / _SECOND
    return found


@dataclass(frozen=True)
class Function:
    """`takes` are the kinds of its values, the last one again up to `most` of them; `setting` is a constant after them:
    its name, least and most, and whether it has to be whole."""

    takes: tuple[Kind, ...]
    gives: Kind
    apply: Callable[..., Array]
    shape: str
    most: int | None = None
    setting: tuple[str, float, float, bool] | None = None


def _number(apply: Callable[..., Array], shape: str) -> Function:
    return Function(("number",), "number", apply, shape)


def _part(apply: Callable[..., Array], name: str) -> Function:
    return Function(("moment",), "number", apply, f"{name}(moment, offset)", setting=("offset", -14, 14, False))


_MANY = 20
# `coalesce`, `is_missing` and `value` take any kind; see compiling.
FUNCTIONS: dict[str, Function] = {
    "abs": _number(np.absolute, "abs(x)"),
    "min": Function(("number", "number"), "number", _least, "min(x, y, …)", most=_MANY),
    "max": Function(("number", "number"), "number", _most, "max(x, y, …)", most=_MANY),
    "round": Function(("number",), "number", _rounded, "round(x, digits)", setting=("digits", 0, 15, True)),
    "floor": _number(np.floor, "floor(x)"),
    "ceil": _number(np.ceil, "ceil(x)"),
    "sqrt": _number(_by_value(math.sqrt, 1), "sqrt(x)"),
    "exp": _number(_by_value(math.exp, 1), "exp(x)"),
    "log": _number(_by_value(math.log, 1), "log(x)"),
    "log10": _number(_by_value(math.log10, 1), "log10(x)"),
    "number": Function(("truth",), "number", lambda found: found, "number(truth)"),
    "coalesce": Function(("missing", "missing"), "missing", lambda *found: found[0], "coalesce(a, b, …)", most=_MANY),
    "is_missing": Function(("missing",), "truth", lambda found: found, "is_missing(a)"),
    "value": Function(("text",), "missing", lambda found: found, 'value("odd name")'),
    "lower": Function(("text",), "text", _of_texts(str.lower, 1, gives_text=True), "lower(text)"),
    "upper": Function(("text",), "text", _of_texts(str.upper, 1, gives_text=True), "upper(text)"),
    "strip": Function(("text",), "text", _of_texts(str.strip, 1, gives_text=True), "strip(text)"),
    "length": Function(("text",), "number", _of_texts(len, 1, gives_text=False), "length(text)"),
    "concat": Function(("text", "text"), "text", _joined, "concat(text, text, …)", most=_MANY),
    "contains": Function(
        ("text", "text"), "truth", _of_texts(lambda a, b: b in a, 2, gives_text=False), "contains(text, part)"
    ),
    "starts_with": Function(
        ("text", "text"), "truth", _of_texts(str.startswith, 2, gives_text=False), "starts_with(text, part)"
    ),
    "ends_with": Function(
        ("text", "text"), "truth", _of_texts(str.endswith, 2, gives_text=False), "ends_with(text, part)"
    ),
    "year": _part(_calendar(_years), "year"),
    "month": _part(_calendar(_months), "month"),
    "day": _part(_calendar(_days), "day"),
    "weekday": _part(_weekday, "weekday"),
    "hour": _part(_hour, "hour"),
    "seconds_between": Function(("moment", "moment"), "number", _seconds, "seconds_between(earlier, later)"),
    "haversine": Function(
        ("number", "number", "number", "number"),
        "number",
        _by_value(_haversine, 4),
        "haversine(lat1, lon1, lat2, lon2)",
    ),
}
