"""A batch of on-demand features is its rows, bit for bit, whatever types its columns have."""

from __future__ import annotations

import math
import struct
from datetime import UTC, date, datetime
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runtime.expressions import FUNCTIONS, Program, kind_of_sql
from tests.runtime.test_expressions import INPUTS, NOON

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
