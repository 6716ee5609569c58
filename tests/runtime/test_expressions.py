"""The language of on-demand features: what it means, what it refuses, and that a batch is its rows, bit for bit."""

from __future__ import annotations

import math
import struct
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runtime.expressions import FUNCTIONS, ExpressionFault, Program, kind_of_sql
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


# One feature for each function and operator, so that none is left out of the comparison.
EVERY = {
    "arithmetic": "x + y - x * y / (x - y)",
    "floors": "x // y + x % y",
    "powers": "abs(x) ** y",
    "roots": "sqrt(x) + exp(y) + log(abs(x)) + log10(y)",
    "rounds": "round(x) + round(y, 3) + floor(x) - ceil(y)",
    "extremes": "min(x, y, 0) - max(x, y)",
    "ways": "haversine(x, y, y, x)",
    "logic": "(x > y and p) or not (x <= y) or x != y",
    "branch": "x if p else -y",
    "texts": "concat(lower(t), '/', upper(u), strip(t))",
    "parts": "contains(t, u) or starts_with(t, u) or ends_with(u, t) or t == u or t in ('a', 'İ')",
    "lengths": "length(t) + number(p) + number(x in (0, 1.5))",
    "holes": "coalesce(x, y, 1)",
    "seen": "is_missing(t) and is_missing(p) and is_missing(m) or is_missing(x)",
    "calendar": "year(m) * 10000 + month(m, 4) * 100 + day(m, -3) + hour(m, 5.5) / 24 + weekday(m)",
    "spans": "seconds_between(m, n)",
    "later": "m if m > n else n",
    "named": "value('x')",
}
MOMENTS = st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31))
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "x": st.none() | st.floats() | st.sampled_from([0.0, -0.0, 1.5, 5e-324, 1e308]),
            "y": st.none() | st.integers(-(2**63), 2**63 - 1),
            "t": st.none() | st.text(max_size=6) | st.sampled_from(["a", "İ", "ß", "Σς"]),
            "u": st.none() | st.text(max_size=2),
            "p": st.none() | st.booleans(),
            "m": st.none() | MOMENTS,
            "n": st.none() | MOMENTS,
        }
    ),
    min_size=1,
    max_size=40,
)
TYPES = {
    "x": pa.float64(),
    "y": pa.int64(),
    "t": pa.string(),
    "u": pa.string(),
    "p": pa.bool_(),
    "m": pa.timestamp("us"),
    "n": pa.timestamp("us"),
}


def bits(value):
    if isinstance(value, float):
        return struct.pack("<d", value)
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) else value


def by_batch(program, rows):
    columns = {name: pa.array([row[name] for row in rows], kind) for name, kind in TYPES.items()}
    found = {name: column.to_pylist() for name, column in program.batch(columns, len(rows)).items()}
    return [{name: bits(values[at]) for name, values in found.items()} for at in range(len(rows))]


def test_the_table_names_every_function():
    called = " ".join(EVERY.values())
    assert [name for name in FUNCTIONS if f"{name}(" not in called] == []


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(ROWS)
def test_a_batch_is_its_rows_bit_for_bit(rows):
    program = Program(INPUTS, EVERY)
    singly = [{name: bits(value) for name, value in program.row(row).items()} for row in rows]
    # Long enough for every way that numpy has of going through an array.
    assert by_batch(program, rows) == singly
    assert by_batch(program, rows * 9)[-len(rows) :] == singly


def test_a_large_batch_is_cut_and_put_together_and_constants_fill_it():
    program = Program({"x": "number"}, {"same": "4", "twice": "x * 2", "said": "'a'"})
    rows = 150_000
    found = program.batch({"x": pa.chunked_array([pa.array(range(100_000)), pa.array(range(50_000))])}, rows)
    assert {name: len(column) for name, column in found.items()} == dict.fromkeys(found, rows)
    assert (found["twice"][149_999].as_py(), found["same"][7].as_py()) == (99_998.0, 4.0)
    assert {name: len(column) for name, column in program.batch({}, 0).items()} == dict.fromkeys(found, 0)


@pytest.mark.parametrize(
    ("sql_type", "kind", "values"),
    [
        ("DECIMAL(18,3)", "number", pa.array([Decimal("0.145"), Decimal("-123456789012345.678"), None])),
        ("BIGINT", "number", pa.array([2**63 - 1, -(2**53) - 1, None])),
        ("UBIGINT", "number", pa.array([2**64 - 1], pa.uint64())),
        ("FLOAT", "number", pa.array([0.1, math.inf, math.nan], pa.float32())),
        ("VARCHAR", "text", pa.array(["a", None])),
        ("ENUM('a', 'b')", "text", pa.array(["b", None]).dictionary_encode()),
        ("DATE", "moment", pa.array([date(1, 1, 1), date(2024, 2, 29), None])),
        ("TIMESTAMP WITH TIME ZONE", "moment", pa.array([NOON, None], pa.timestamp("us", "Asia/Dubai"))),
        ("BOOLEAN", "truth", pa.array([True, None])),
        ("INTEGER", "number", pa.nulls(2)),
    ],
)
def test_columns_of_every_type_are_read_as_their_cells_are(sql_type, kind, values):
    assert kind_of_sql(sql_type) == kind
    program = Program({"v": kind}, {"f": "v" if kind != "moment" else "seconds_between(v, v) + year(v)"})
    cells = [bits(program.row({"v": value})["f"]) for value in values.to_pylist()]
    assert [bits(value) for value in program.batch({"v": values}, len(values))["f"].to_pylist()] == cells


def test_other_types_are_no_kind_and_other_values_are_named():
    assert {kind_of_sql(name) for name in ("BLOB", "VARCHAR[]", "TIME", "INTERVAL", "STRUCT(a INTEGER)")} == {None}
    for name, value in (("x", "many"), ("x", True), ("x", []), ("t", 5), ("p", 1), ("m", 5), ("m", "soon")):
        with pytest.raises(ValueError, match=f"^{name}$"):
            Program(INPUTS, {"f": "x"}).row({name: value})
    moments = Program({"m": "moment"}, {"f": "hour(m)"})
    assert [
        moments.row({"m": text})["f"] for text in ("2024-01-01T10:00:00+04:00", "2024-01-01 10:00", "2024-01-01")
    ] == [
        6.0,
        10.0,
        0.0,
    ]
