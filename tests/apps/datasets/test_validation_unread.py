"""What is known without reading a column, or without a hash table, is what reading every row would have said."""

from __future__ import annotations

import math
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.datasets.services.validation import Asked, checked, compiling, measure, measuring
from apps.datasets.services.validation.compiling import Ground
from foundation.lake import Known, TableAt
from foundation.lake.ports import Column
from tests.foundation.lake.conftest import lake as lake
from tests.foundation.lake.conftest import lake_id as lake_id

NOW = datetime(2026, 3, 1, tzinfo=UTC)
BIG, LAST = 2**53, 2**63 - 1
N = 3000
UP = list(range(N))
GAPS = [n + 7 * (n // 3) for n in UP]
# Values of a key, their type, and whether no hash table is wanted to know that none comes twice.
KEYS = {
    "counted up": (UP, pa.int64(), True),
    "counted up in parts that changed places": (UP[2000:] + UP[:1000] + UP[1000:2000], pa.int32(), True),
    "with gaps": (GAPS, pa.int64(), True),
    "of few bits": (list(range(-128, 128)), pa.int8(), True),
    "at the end of its type": (list(range(LAST - N, LAST + 1)), pa.int64(), False),
    "at the beginning of its type": (list(range(-LAST - 1, -LAST - 1 + 90)), pa.int64(), False),
    "from end to end": ([-LAST - 1, LAST, 0], pa.int64(), True),
    "beyond every signed number": ([2**64 - 1, 2**63, 5], pa.uint64(), True),
    "one by one where a DOUBLE is even": ([BIG + n for n in UP], pa.int64(), False),
    "two by two where a DOUBLE is even": ([BIG + 2 * n for n in UP], pa.int64(), True),
    "counted down": (UP[::-1], pa.int64(), True),
    "in turns": (UP[::2] + UP[1::2], pa.int64(), False),
    "first and last the same": ([*UP, 0], pa.int64(), False),
    "last twice": ([*UP, N - 1], pa.int64(), False),
    "all the same": ([4] * 9, pa.int64(), False),
    "runs that end as another begins": ([*range(10), *range(9, 20)], pa.int64(), False),
    "a run within a run": ([*range(0, 90, 3), *range(31, 40, 3)], pa.int64(), False),
    "with holes": ([None, *UP[:9], None, None, *UP[9:], None], pa.int64(), True),
    "with holes and a second": ([None, 1, 2, None, 2], pa.int64(), False),
    "nothing but holes": ([None] * 5, pa.int64(), True),
    "one": ([7], pa.int64(), True),
    "none": ([], pa.int64(), True),
}


@cache
def engine():
    return duckdb.connect(config={"threads": 2})


def unique_rule(complete=False, type_="BIGINT"):
    one = checked([{"kind": "unique", "columns": ["key"], "severity": "warn"}])[0]
    columns = {"key": Column("key", type_)}
    return compiling.rule_of(one, Ground(columns=columns, complete={"key"} if complete else set()))


def told(values, type_=None, **more):
    """What the proof says of a table of these values; and how many rows have a value that comes twice."""
    engine().register("given", pa.table({"key": pa.array(values, type_ or pa.int64())}))
    engine().execute("CREATE OR REPLACE TABLE _rows AS FROM given")
    found = engine().execute(unique_rule(**more).proof).fetchone()[0]
    return found, sum(n for value, n in Counter(values).items() if n > 1 and value is not None)


@pytest.mark.parametrize("case", KEYS)
def test_a_key_that_lies_in_runs_is_told_from_one_that_comes_twice(case):
    values, type_, proven = KEYS[case]
    found, twice = told(values, type_)
    assert found == (0 if proven else 1)
    assert not (proven and twice)
    if None not in values:
        assert told(values, type_, complete=True)[0] == found


@given(st.lists(st.one_of(st.none(), st.integers(-40, 40), st.integers(BIG - 3, BIG + 9)), max_size=40))
@settings(max_examples=80, deadline=None)
def test_no_order_of_values_hides_one_that_comes_twice(values):
    found, twice = told(values)
    assert found or not twice


def test_a_key_without_order_is_given_up_early():
    values = np.random.default_rng(1).permutation(100_000).tolist()
    assert told(values) == (1, 0)


@pytest.mark.parametrize(
    ("case", "failed"),
    [("counted up in parts that changed places", 0), ("one by one where a DOUBLE is even", 0), ("last twice", 2)],
)
def test_a_key_is_counted_whatever_its_proof_says(lake, lake_id, case, failed):
    values, type_, _proven = KEYS[case]
    at = lake.write("keys", pa.table({"key": pa.array(values, type_)}), mode="replace")
    [one] = checked([{"kind": "unique", "columns": ["key"], "severity": "warn"}])
    [result] = measure([one], Asked(tenant_id=lake_id, tables=lake, at=at, now=NOW)).results
    assert result.failed_rows == failed


ROWS = 260_000  # three parts of a file, the odd rows in the last of them
DOUBLES = [0.0, -0.0, math.nan, math.inf, -math.inf, 1e308]
BEGAN = datetime(2024, 1, 1, tzinfo=UTC)
ODD = {
    "whole": (np.arange(ROWS, dtype=np.int32) % 7, pa.int32(), [-1, 8, None]),
    "real": (np.linspace(0, 1, ROWS), pa.float64(), DOUBLES),
    "single": (np.linspace(0, 1, ROWS), pa.float32(), DOUBLES),
    "number": (np.linspace(0, 1, ROWS), pa.float64(), []),
    "exact": ([Decimal(n) / 100 for n in range(ROWS)], pa.decimal128(12, 2), [Decimal("-0.01"), Decimal(10**9), None]),
    "day": (np.arange(ROWS, dtype=np.int32) % 900, pa.date32(), [date(1, 1, 1), date(9999, 12, 31), None]),
    "at": (
        np.arange(ROWS) * 1_000_000 + int(BEGAN.timestamp()) * 1_000_000,
        pa.timestamp("us", tz="UTC"),
        [BEGAN - timedelta(microseconds=1), BEGAN + timedelta(days=4), None],
    ),
}


def odd_column(name):
    values, type_, odd = ODD[name]
    plain = pa.array(values, pa.int64()).cast(type_) if name == "at" else pa.array(values).cast(type_)
    return pa.concat_arrays([plain.slice(0, ROWS - len(odd)), pa.array(odd, type_)])


@pytest.fixture(scope="module")
def parts(lake):
    return lake.write("parts", pa.table({name: odd_column(name) for name in ODD}))


# column, parameters, what the value of a row lies between; rows with none do not fail.
RANGES = [
    ("whole", {"min": 0, "max": 6}, (0, 6)),
    ("whole", {"max": 7.5}, (-math.inf, 7.5)),
    ("real", {"min": 0}, (0, math.inf)),
    ("real", {"max": 1}, (-math.inf, 1)),
    ("real", {"min": 0, "max": 1}, (0, 1)),
    ("single", {"min": 0}, (0, math.inf)),
    ("single", {"min": -1, "max": 1}, (-1, 1)),
    ("number", {"min": 0}, (0, math.inf)),
    ("number", {"min": 0, "max": 1}, (0, 1)),
    ("exact", {"min": 0}, (Decimal(0), Decimal(10**10))),
    ("exact", {"min": 0, "max": 1e6}, (Decimal(0), Decimal(10**6))),
    ("day", {"min": "1970-01-01", "max": "2000-01-01"}, (date(1970, 1, 1), date(2000, 1, 1))),
    ("at", {"min": "2024-01-01T04:00:00+04:00"}, (BEGAN, datetime.max.replace(tzinfo=UTC))),
    ("at", {"min": "2024-01-01", "max": "2024-01-05"}, (BEGAN, BEGAN + timedelta(days=4))),
]


def test_parts_of_a_file_are_passed_over_only_where_no_row_of_them_fails(lake, lake_id, parts, monkeypatch):
    """Asked in one pass, and in scans beside it that go by the smallest and largest value of each part."""
    given_ = [{"kind": "in_range", "columns": [n], "parameters": p, "severity": "warn"} for n, p, _span in RANGES]
    given_ += [
        {"kind": "in_set", "columns": ["whole"], "parameters": {"values": values}, "severity": "warn"}
        for values in ([6, 5, 4, 3, 2, 1, 0], [0, 1, 2, 3, 4, 5.0, 6, 8], [0.5, 3, 4])
    ]
    given_ += [{"kind": "not_null", "columns": [name], "severity": "warn"} for name in ODD]
    suite = checked(given_)
    columns = {name: odd_column(name).to_pylist() for name in ODD}
    expected = [
        sum(value is not None and not low <= value <= high for value in columns[name])
        for name, _p, (low, high) in RANGES
    ]
    expected += [2, 1, ROWS - 1 - sum(value in {3, 4} for value in columns["whole"])]
    expected += [sum(value is None or value != value for value in columns[name]) for name in ODD]
    asked = Asked(tenant_id=lake_id, tables=lake, at=parts, now=NOW)
    for least, scans in ((1, 24), (1, 3), (ROWS + 1, 24)):
        monkeypatch.setattr(measuring, "_LARGE_FILE", least)
        monkeypatch.setattr(measuring, "_MOST_SCANS", scans)
        assert [one.failed_rows for one in measure(suite, asked).results] == expected, (least, scans)


def test_the_catalogue_knows_which_columns_miss_no_value(lake):
    known = lake.known
    first = lake.write(
        "facts",
        pa.table({"id": [1, 2], "part": [1.5, 2.5], "nan": [0.5, math.nan], "hole": [None, "a"], "list": [[1], [2]]}),
    )
    assert known(first) == Known(2, 1, frozenset({"id", "part"}))
    more = pa.table({"id": [3], "part": pa.array([None], pa.float64()), "nan": [1.0], "hole": ["b"], "list": [[1]]})
    second = lake.write("facts", more, mode="append")
    assert known(second) == Known(3, 2, frozenset({"id"}))
    assert known(first) == Known(2, 1, frozenset({"id", "part"})), "a version is what it was"
    wide = lake.widen("facts", {"later": "INTEGER"})
    assert known(wide).complete == {"id"}, "rows from before have nothing there"
    lake.change_rows("facts", {"hole": "'c'"}, '"hole" IS NULL')
    assert "hole" not in known(lake.current("facts")).complete, "the file still says that there was one"
    assert known(lake.current("facts")).rows >= lake.count(lake.current("facts")) == 3
    empty = lake.write("facts", more.slice(0, 0), mode="replace")
    assert (known(empty).rows, known(empty).complete) == (0, frozenset())
    assert known(TableAt("nowhere", first.snapshot)) == Known(0, 0, frozenset())


def test_files_that_are_merged_say_what_they_said_apart(lake):
    rows = [
        pa.table({"id": [n], "hole": [None if n else "a"]}, pa.schema({"id": "int64", "hole": "string"}))
        for n in (0, 1)
    ]
    first, _second = (lake.write("merged", one, mode="append") for one in rows)
    assert lake.known(first) == Known(1, 1, frozenset({"id", "hole"}))
    assert lake.known(lake.compact("merged")) == Known(2, 1, frozenset({"id"}))
    assert {"id"} <= lake.known(first).complete <= {"id", "hole"}
