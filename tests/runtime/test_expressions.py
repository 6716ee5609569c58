"""The language of on-demand features: what it means, and what it refuses."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest

from runtime.expressions import ExpressionFault, Program
from runtime.expressions.compiling import compile_expression
from runtime.expressions.kinds import column

INPUTS = {"x": "number", "y": "number", "t": "text", "u": "text", "p": "truth", "m": "moment", "n": "moment"}
NOON = datetime(2024, 2, 29, 20, 30, tzinfo=UTC)
ROW = {"x": 7, "y": -2.5, "t": "Abu Dhabi", "u": "dh", "p": True, "m": NOON, "n": NOON - timedelta(hours=2)}


def one(text, **values):
    return Program(INPUTS, {"f": text}).row({**ROW, **values})["f"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("x + y * 2", 2.0),
        ("7 / 2", 3.5),
        ("-7 // 2", -4.0),
        ("-7 % 3", 2.0),
        ("2 ** 10", 1024.0),
        ("-x ** 2", -49.0),
        ("abs(y)", 2.5),
        ("min(x, y, 1) + max(x, y)", 4.5),
        ("round(2.675, 2)", 2.67),
        ("round(2.5)", 2.0),
        ("round(1e300, 10)", 1e300),
        ("floor(y) + ceil(y)", -5.0),
        ("sqrt(x + 2) + exp(0) + log(1) + log10(100)", 6.0),
        ("x > y and not p", False),
        ("0 < x <= 7", True),
        ("p == True or x < 0", True),
        ("t == 'Abu Dhabi' and u != t", True),
        ("u in ('dh', 'a')", True),
        ("x not in (1, -7)", True),
        ("lower(t)", "abu dhabi"),
        ("upper(u)", "DH"),
        ("concat(strip(' a '), '-', u)", "a-dh"),
        ("length(t)", 9.0),
        ("contains(lower(t), u) and starts_with(t, 'A') and ends_with(t, 'i')", True),
        ("number(p) + 1", 2.0),
        ("x if p else y", 7.0),
        ("None if p else y", None),
        ("coalesce(None, y)", -2.5),
        ("is_missing(x)", False),
        ("value('x') + 1", 8.0),
        ("hour(m)", 20.0),
        ("hour(m, 4)", 0.0),
        ("day(m) * 100 + day(m, 4)", 2901.0),
        ("month(m) + year(m)", 2026.0),
        ("weekday(m)", 4.0),
        ("weekday(m, 4)", 5.0),
        ("hour(m, -3.5)", 17.0),
        ("seconds_between(n, m)", 7200.0),
        ("m > n", True),
        ("m if p else n", NOON),
        ("round(haversine(24.43, 54.65, 51.47, -0.45))", 5516.0),
    ],
)
def test_what_expressions_mean(text, found):
    got = one(text)
    assert got == found and type(got) is type(found)


@pytest.mark.parametrize(
    "text",
    [
        "5 / 0",
        "5 // 0",
        "5 % 0",
        "0 / 0",
        "1 / (1 / 0)",
        "1e308 * 10",
        "1e308 * 10 - 1e308 * 10",
        "10 ** 400",
        "9 ** 9 ** 9",
        "(-8) ** 0.5",
        "0 ** -1",
        "log(0)",
        "log(-1)",
        "sqrt(-1)",
        "exp(1000)",
        "haversine(91, 0, 0, 0)",
        "gone + 1",
        "gone ** 0",
        "1 ** gone",
        "max(gone, 1)",
        "gone > 1 and False",
        "gone > 1 or True",
        "gone == gone",
        "gone in (1, 2)",
        "1 if gone > 0 else 2",
        "concat('a', lost)",
        "lost == 'a'",
        "lost not in ('a',)",
        "hour(never)",
        "year(never)",
        "seconds_between(never, never)",
        "never < never",
    ],
)
def test_what_is_made_of_nothing_is_missing(text):
    kinds = {"gone": "number", "lost": "text", "never": "moment"}
    assert Program(kinds, {"f": text}).row({}) == {"f": None}


@pytest.mark.parametrize(
    "text",
    [
        "a # the first\n + b # and the second",
        "# both\na + b",
        "a + b#",
        "(a\r\n# #\n+\tb)",
        'a + b if "#" != "\\"#" else 0',
    ],
)
def test_a_comment_hides_nothing_but_itself(text):
    program = Program({"a": "number", "b": "number"}, {"x": text})
    assert program.row({"a": 1, "b": 2}) == {"x": 3.0}


def test_the_place_of_a_fault_behind_a_comment_is_the_one_in_the_text():
    text = "# ق of one\na + c"
    with pytest.raises(ExpressionFault) as caught:
        compile_expression(text, {"a": "number"})
    assert (caught.value.code, text[caught.value.start : caught.value.end]) == ("name", "c")
    with pytest.raises(ExpressionFault, match="empty"):
        compile_expression("# nothing", {})


def test_days_and_seconds_of_no_year_are_missing_as_their_cells_are():
    beyond = [pa.array([2**31 - 1, None, -(2**31)], pa.date32()), pa.array([2**62, None, -(2**62)], pa.timestamp("s"))]
    beyond += [pa.array([2**62, None, -(2**62)], pa.timestamp("ms", "UTC"))]
    for days in beyond:
        assert np.isnat(column("moment", days)).all(), days.type
    near = pa.array([date(1, 1, 1), None, date(9999, 12, 31)])
    wanted = ["0001-01-01", "NaT", "9999-12-31"]
    assert np.datetime_as_string(column("moment", near), unit="D").tolist() == wanted


def test_half_of_a_sign_is_no_text():
    with pytest.raises(ValueError, match="t"):
        Program({"t": "text"}, {"x": "lower(t)"}).row({"t": "\ud800"})


def test_what_is_not_finite_is_missing_when_it_comes_in():
    for value in (math.nan, math.inf, -math.inf, 10**400, Decimal("NaN"), "inf"):
        assert one("is_missing(x)", x=value) is True
    assert one("coalesce(x, 1)", x=None) == 1.0
    assert one("1 / (0 * y)") is None and math.copysign(1, one("0 * y")) == 1


@pytest.mark.parametrize(
    ("text", "code", "start", "end"),
    [
        ("", "empty", 0, 0),
        ("x +", "syntax", 3, 3),
        ("x 1", "syntax", 2, 3),
        ("x" * 2001, "long", 2000, 2001),
        ("-" * 1900 + "1", "large", 0, 1901),
        ("not " * 400 + "p", "large", 0, 1601),
        ("(" * 300 + "1" + ")" * 300, "syntax", 200, 201),
        ("+".join(["x"] * 400), "large", 0, 799),
        ("1 + 1e999", "number", 4, 9),
        ("  x + z", "name", 6, 7),
        ("x + value('z')", "name", 4, 14),
        ("eval('1')", "function", 0, 4),
        ("__import__('os').system('x')", "construct", 0, 23),
        ("x.__class__", "construct", 0, 11),
        ("t[0]", "construct", 0, 4),
        ("[i for i in t]", "construct", 0, 14),
        ("lambda: 1", "construct", 0, 9),
        ("f'{x}'", "construct", 0, 6),
        ("(x := 1)", "construct", 1, 7),
        ("x @ y", "construct", 0, 5),
        ("x << 99999", "construct", 0, 10),
        ("x is None", "construct", 0, 9),
        ("b'a'", "construct", 0, 4),
        ("1j", "construct", 0, 2),
        ("'\\ud800'", "syntax", 0, 8),
        ("x + t", "kind", 4, 5),
        ("t * 999999999", "kind", 0, 1),
        ("é + x", "name", 0, 1),
        ("x + 'é' + é", "kind", 4, 7),
        ("x == t", "kinds", 0, 6),
        ("t < u", "kind", 0, 1),
        ("x == None", "compare_missing", 5, 9),
        ("x in t", "constant", 5, 6),
        ("x in (1, y)", "constant", 9, 10),
        ("x in ('a', 1)", "kind", 6, 9),
        ("1 if x else 2", "kind", 5, 6),
        ("x if p else t", "kinds", 12, 13),
        ("None", "result", 0, 4),
        ("max(x)", "arguments", 0, 6),
        ("max(*x)", "arguments", 0, 7),
        ("round(x, digits=2)", "arguments", 0, 18),
        ("round(x, 99)", "setting", 9, 11),
        ("round(x, y)", "setting", 9, 10),
        ("hour(m, 24)", "setting", 8, 10),
        ("now()", "function", 0, 3),
    ],
)
def test_what_cannot_mean_anything_is_refused_with_its_place(text, code, start, end):
    with pytest.raises(ExpressionFault) as refusal:
        Program(INPUTS, {"f": text})
    assert (refusal.value.code, refusal.value.start, refusal.value.end) == (code, start, end)
