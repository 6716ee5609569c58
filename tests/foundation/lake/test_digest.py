"""The digest of a table: of its columns and rows, whatever their order and files and the way it was found out."""

from __future__ import annotations

import math
import random
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import duckdb
import numpy as np
import pyarrow as pa
import pytest

from foundation.lake.adapters import digest as form
from foundation.lake.adapters import digest_by_row, widths
from foundation.lake.adapters.profile import profile_of
from foundation.lake.ports import Column

ROWS = 50_000  # more than two batches
BEFORE = "2b4298d4078834cb951fa0d82643b1c7ff1221d036f38efe4cb93afb03366c81"
NOW = "32373272282f4f57e87ee99cae5722e69696700dd69ac5ccd642502167397941"
DAY = datetime(2024, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def engine():
    with duckdb.connect(config={"threads": 2}) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        yield connection


def digest(engine, table, find=form.digest_of):
    engine.register("given", table)
    described = engine.execute("DESCRIBE FROM given").fetchall()
    return find(engine, "given", [Column(row[0], row[1]) for row in described])


def every_kind(rows=ROWS):
    def some(make):
        return [None if n % 11 == 0 else make(n) for n in range(rows)]

    return pa.table(
        {
            "id": pa.array(range(rows), pa.int64()),
            "small": pa.array(some(lambda n: n % 100), pa.int8()),
            "large": pa.array(some(lambda n: 2**63 + n), pa.uint64()),
            "x": pa.array(some(lambda n: n / 7), pa.float64()),
            "y": pa.array(some(lambda n: n / 2), pa.float32()),
            "yes": pa.array(some(lambda n: n % 3 == 0)),
            "word": pa.array(some(lambda n: "é" * (n % 5) + str(n))),
            "raw": pa.array(some(lambda n: bytes([n % 256])), pa.binary()),
            "price": pa.array(some(lambda n: Decimal(n) / 100), pa.decimal128(12, 2)),
            "day": pa.array(some(lambda n: date(2020, 1, 1) + timedelta(n % 999))),
            "hour": pa.array(some(lambda n: time(n % 24, n % 60)), pa.time64("us")),
            "at": pa.array(some(lambda n: DAY + timedelta(seconds=n)), pa.timestamp("us", tz="UTC")),
            "many": pa.array(some(lambda n: [n, None])),
            "parts": pa.array(some(lambda n: {"a": n, "b": "c"})),
        }
    )


def test_order_batches_and_the_way_leave_no_trace(engine):
    table = every_kind()
    order = list(range(ROWS))
    random.Random(1).shuffle(order)
    chunks = pa.concat_tables([table.slice(0, 7), table.slice(7)])
    found = {digest(engine, one) for one in (table, chunks, table.take(order))}
    assert len(found) == 1
    assert len(found.pop()) == 64


@pytest.mark.parametrize("column", every_kind(12).column_names)
def test_one_value_one_missing_value_and_one_row_make_another(engine, column):
    table = every_kind(24)
    place, rows = table.column_names.index(column), table.column(column).to_pylist()
    missing = pa.array([*rows[:5], None, *rows[6:]], table.schema.field(column).type)
    moved = pa.array([*rows[:5], rows[6], *rows[6:]], table.schema.field(column).type)
    others = [table.set_column(place, column, values) for values in (missing, moved)]
    others += [table.slice(1), pa.concat_tables([table, table.slice(3, 1)])]
    assert len({digest(engine, one) for one in (table, *others)}) == 5


def test_numbers_that_are_equal_are_the_same(engine):
    nan = np.array([0x7FF8000000000001, 0xFFF8000000000000], "u8").view("f8")
    tables = [pa.table({"x": [1.5, odd, zero], "n": [3, 2, 1]}) for odd, zero in ((nan[0], 0.0), (nan[1], -0.0))]
    assert digest(engine, tables[0]) == digest(engine, tables[1])
    assert digest(engine, pa.table({"x": [1.5, math.nan, 1e-300], "n": [3, 2, 1]})) != digest(engine, tables[0])


def test_what_lies_where_a_value_is_missing_does_not_count(engine):
    there = pa.array([True, False, True])
    arrays = [
        pa.Array.from_buffers(pa.int64(), 3, [there.buffers()[1], pa.array([1, n, 3]).buffers()[1]]) for n in (2, 9)
    ]
    assert digest(engine, pa.table({"n": arrays[0]})) == digest(engine, pa.table({"n": arrays[1]}))
    assert digest(engine, pa.table({"n": arrays[0]})) == digest(engine, pa.table({"n": [1, None, 3]}))


def test_names_types_and_their_order_count(engine):
    tables = [
        {"a": [1], "b": [1]},
        {"b": [1], "a": [1]},
        {"a": [1], "c": [1]},
        {"a": [1], "b": pa.array([1], pa.int32())},
    ]
    assert len({digest(engine, pa.table(one)) for one in tables}) == 4


def test_keys_that_fall_or_come_twice_are_sorted(engine):
    """The rows of two tables that differ in nothing but which value stands beside which key."""
    once, twice = pa.table({"k": [1, 2, 2, 3], "v": [1, 2, 3, 4]}), pa.table({"k": [1, 2, 2, 3], "v": [1, 3, 2, 4]})
    assert digest(engine, once) == digest(engine, twice)
    assert digest(engine, pa.table({"k": [3, 2, 2, 1], "v": [4, 2, 3, 1]})) == digest(engine, once)
    assert digest(engine, pa.table({"k": [1, 2, 2, 3], "v": [1, 2, 2, 4]})) != digest(engine, once)


def test_a_table_may_be_empty_or_wide(engine):
    nothing = every_kind(12).slice(0, 0)
    assert digest(engine, nothing) != digest(engine, nothing.drop_columns(["id"]))
    wide = pa.table({f"c{n}": [n, 1, None] for n in range(1500)})
    assert digest(engine, wide) == digest(engine, wide.take([2, 0, 1]))


def test_a_digest_of_the_form_before_is_known_again(engine):
    table, other = every_kind(100), digest(engine, every_kind(99))
    before, now = digest(engine, table, digest_by_row.digest_of), digest(engine, table)
    columns = [Column(row[0], row[1]) for row in engine.execute("DESCRIBE FROM given").fetchall()]
    assert form.has(engine, "given", columns, before)
    assert form.has(engine, "given", columns, now)
    assert not form.has(engine, "given", columns, other)


def test_the_form_stays_what_it_is(engine):
    """Versions carry it: whoever changes what it says has to keep the old one beside it."""
    table = every_kind(30)
    assert digest(engine, table, digest_by_row.digest_of) == BEFORE
    assert digest(engine, table) == NOW


def one(engine, value):
    engine.execute(f"CREATE OR REPLACE TABLE one AS SELECT {value} AS a, 1 AS b")
    columns = [Column(row[0], row[1]) for row in engine.execute("DESCRIBE one").fetchall()]
    return form.digest_of(engine, "one", columns), profile_of(engine, "one", columns, 1, None)["columns"][0]["kind"]


@pytest.mark.parametrize("value", ["1.5::DECIMAL(4, 1)", "TIMESTAMP '2020-01-01'", "DATE '2020-01-01'", "'x'::BLOB"])
def test_lists_and_structures_of_any_type_are_digested_and_profiled(engine, value):
    for nested in (f"[{value}]", f"[[{value}]]", f"array_value({value}, {value})", f"{{'k': {value}}}"):
        digest, kind = one(engine, nested)
        assert (len(digest), kind) == (64, "other")


def test_json_that_says_null_is_another_value_than_none(engine):
    for null, none in (
        ("['null'::JSON]", "[NULL::JSON]"),
        ("{'JSON \"k': 'null'::JSON}", "{'JSON \"k': NULL::JSON}"),
        ("'null'::JSON", "NULL::JSON"),
        ("'[1]'::JSON", "'[1 ]'::JSON"),
    ):
        assert one(engine, null)[0] != one(engine, none)[0]
        columns = [Column(row[0], row[1]) for row in engine.execute("DESCRIBE one").fetchall()]
        former = form.digest_of(engine, "one", columns, json_as_json=True)
        assert form.has(engine, "one", columns, former), "versions carry it"
        assert not form.has(engine, "one", columns, former[::-1])


def test_long_texts_side_by_side_are_handed_on_in_few_rows(engine):
    engine.execute("CREATE OR REPLACE TABLE long AS SELECT 'x' AS a, NULL::BLOB AS b FROM range(50_000)")
    columns = [Column("a", "VARCHAR"), Column("b", "BLOB")]
    assert widths.rows_at_once(engine, "long", columns, 20_480) == 20_480
    engine.execute("INSERT INTO long SELECT repeat('x', 1_000_000), NULL FROM range(100)")
    assert widths.rows_at_once(engine, "long", columns, 20_480) == 20_480, "all of them fit into one batch"
    engine.execute("INSERT INTO long SELECT 'x', repeat('x', 2_000_000)::BLOB FROM range(100)")
    assert widths.rows_at_once(engine, "long", columns, 20_480) == widths.MOST_BYTES // 2_000_001
