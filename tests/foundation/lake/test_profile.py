"""The profile of a table says what is in its columns."""

from __future__ import annotations

import json
import math
import time
from datetime import UTC, datetime

import duckdb
import numpy as np
import pyarrow as pa
import pytest

from foundation.lake.adapters import distinct, gathering, profile, reading
from foundation.lake.ports import Column


def profiled(lake, name, columns):
    found = lake.inspect(lake.write(name, pa.table(columns))).profile
    json.dumps(found, allow_nan=False)
    return found["rows"], {column["name"]: column for column in found["columns"]}


def test_numbers(lake):
    rows, columns = profiled(lake, "numbers", {"x": pa.array([*map(float, range(1, 101)), None])})
    x = columns["x"]
    assert rows == 101
    assert (x["nulls"], x["min"], x["max"], x["mean"]) == (1, 1, 100, 50.5)
    assert x["std"] == pytest.approx(29.0115, abs=1e-3)
    assert x["quantiles"]["0.5"] == pytest.approx(50.5, abs=1)
    edges, counts = x["histogram"]["edges"], x["histogram"]["counts"]
    assert len(edges) == len(counts) + 1
    assert (edges[0], edges[-1], sum(counts)) == (1, 100, 100)


def test_a_wide_table_is_described_some_columns_at_a_time(lake, monkeypatch):
    columns = {f"c{n}": [n, n + 1, None] for n in range(7)}
    whole = profiled(lake, "wide", columns)
    monkeypatch.setattr(profile, "TOGETHER", 3)
    assert profiled(lake, "wide_in_parts", columns) == whole
    assert list(whole[1]) == list(columns)


def test_few_whole_numbers_get_a_bin_each(lake):
    _, columns = profiled(lake, "few", {"x": [1, 1, 2, 4]})
    assert columns["x"]["histogram"] == {"edges": [0, 1, 2, 3, 4], "counts": [2, 1, 0, 1]}
    assert columns["x"]["top"][0] == {"value": "1", "count": 2}


def test_numbers_that_are_not_finite_spoil_nothing(lake):
    _, columns = profiled(lake, "infinite", {"x": [1.0, 2.0, math.inf, -math.inf, math.nan]})
    assert columns["x"]["not_finite"] == 3
    assert (columns["x"]["min"], columns["x"]["max"], columns["x"]["mean"]) == (1, 2, 1.5)


def test_times_words_flags_and_lists(lake):
    when = [datetime(2013, 1, 1, tzinfo=UTC), datetime(2013, 12, 31, tzinfo=UTC), None]
    rows, columns = profiled(
        lake, "kinds", {"at": when, "word": ["a", "bcd", "a"], "flag": [True, False, True], "many": [[1], [2], None]}
    )
    assert rows == 3
    assert columns["at"]["min"] == "2013-01-01T00:00:00+00:00"
    assert sum(columns["at"]["histogram"]["counts"]) == 2
    assert columns["word"]["top"] == [{"value": "a", "count": 2}, {"value": "bcd", "count": 1}]
    assert (columns["word"]["min_length"], columns["word"]["max_length"]) == (1, 3)
    assert columns["flag"]["top"][0] == {"value": "true", "count": 2}
    assert columns["many"]["nulls"] == 1


def test_a_small_table_is_counted_and_not_estimated(lake):
    mails = [f"guest{number % 100:03}@mail.example" for number in range(400)]
    _, columns = profiled(lake, "mails", {"mail": mails, "x": [float(number % 37) for number in range(400)]})
    assert (columns["mail"]["distinct"], columns["mail"]["unique"]) == (100, False)
    assert columns["x"]["distinct"] == 37


def test_columns_where_every_value_differs_show_none(lake):
    _, columns = profiled(lake, "ids", {"id": [f"id-{i}" for i in range(5000)]})
    assert columns["id"]["top"] == []
    assert columns["id"]["distinct"] == pytest.approx(5000, rel=0.1)


def test_only_what_names_every_row_is_called_unique(lake):
    numbers = list(range(178))
    _, columns = profiled(
        lake,
        "named",
        {
            "bottle": [f"b-{n}" for n in numbers],
            "number": numbers,
            "nearly": [f"b-{min(n, 176)}" for n in numbers],
            "some": [None, *numbers[1:]],
            "measure": [n + 0.5 for n in numbers],
        },
    )
    assert {name: column["unique"] for name, column in columns.items()} == {
        "bottle": True,
        "number": True,
        "nearly": False,
        "some": False,
        "measure": False,
    }
    assert columns["nearly"]["distinct"] == 177


def test_empty_columns_and_tables(lake):
    _, columns = profiled(lake, "empty", {"x": pa.array([], pa.float64()), "s": pa.array([], pa.string())})
    assert columns["x"]["min"] is None
    assert columns["x"]["histogram"] == {"edges": [], "counts": []}


@pytest.mark.slow
def test_a_large_table_is_profiled_in_seconds(lake):
    random = np.random.default_rng(1)
    columns = {f"n{i}": random.normal(size=300_000) for i in range(12)}
    columns |= {f"c{i}": random.integers(0, 50, 300_000).astype(str) for i in range(8)}
    at = lake.write("large", pa.table(columns))
    started = time.perf_counter()
    lake.inspect(at)
    assert time.perf_counter() - started < 20  # 1 to 2 s on an idle machine


def test_of_a_long_table_a_sample_tells_what_every_row_need_not(lake, monkeypatch):
    rows = 60_000
    columns = {
        "id": np.arange(rows),
        "price": np.sin(np.arange(rows)) * 100,
        "twice": np.arange(rows) // 2,
        "weekday": pa.array([n % 7 if n % 10 else None for n in range(rows)]),
        "town": pa.array([f"town {n % 13}" for n in range(rows)]),
    }
    _, whole = profiled(lake, "long_whole", columns)
    monkeypatch.setattr(reading, "MOST_COUNTED", 50_000)
    monkeypatch.setattr(gathering, "SAMPLE_ROWS", 20_000)
    at = lake.write("long_sampled", pa.table(columns))
    found = lake.inspect(at).profile
    assert found == lake.inspect(at).profile
    assert found["rows"] == rows
    assert found["sampled"] == pytest.approx(17_000, rel=0.02), "of 20 000 places drawn, some are the same"

    for column in found["columns"]:
        exact = whole[column["name"]]
        for figure in ("nulls", "min", "max", "mean", "std", "kind", "min_length", "max_length"):
            assert column.get(figure) == pytest.approx(exact.get(figure)), figure
        assert column["distinct"] == pytest.approx(exact["distinct"], rel=0.1)
        if "histogram" in column:
            assert column["histogram"]["edges"] == exact["histogram"]["edges"]
            assert column["histogram"]["counts"] == pytest.approx(exact["histogram"]["counts"], abs=rows / 50)
            wide = exact["max"] - exact["min"]
            assert column["quantiles"]["0.5"] == pytest.approx(exact["quantiles"]["0.5"], abs=wide / 20)
        if column["name"] == "twice":
            assert column["top"] == [], "seen once or twice, nothing is frequent"
            continue
        found_top, top = ({one["value"]: one["count"] for one in c["top"]} for c in (column, exact))
        assert len(found_top) == len(top)
        assert sum(found_top.values()) == pytest.approx(sum(top.values()), rel=0.05)


def test_a_sample_tells_how_many_values_there_are_where_it_shows_them_all(lake, monkeypatch):
    """Else the whole column is looked at: a value in each thousandth row that comes once is missed by a sample."""
    rows, asked = 200_000, list[str]()
    monkeypatch.setattr(reading, "MOST_COUNTED", 50_000)
    monkeypatch.setattr(gathering, "SAMPLE_ROWS", 20_000)
    monkeypatch.setattr(distinct, "name", lambda column: asked.append(column) or f'"{column}"')
    number = np.arange(rows)
    columns = {
        "id": number,
        "few": number % 700,
        "alike": number * 7919 % 1000,
        "rare": pa.array(np.where(number % 20, number % 400, number).astype(str)),
        "thrice": pa.array((number // 3).astype(str)),
    }
    _, found = profiled(lake, "told", columns)
    assert found["id"]["distinct"] == rows
    assert (found["few"]["distinct"], found["alike"]["distinct"]) == (700, 1000)
    assert found["rare"]["distinct"] == pytest.approx(10_380, rel=0.25)
    assert found["thrice"]["distinct"] == pytest.approx(rows / 3, rel=0.25)
    assert asked[-2:] == ["rare", "thrice"], "these alone were looked at whole"


def test_rows_are_sampled_alike_however_they_are_batched(lake, monkeypatch):
    rows, found = 30_000, []
    monkeypatch.setattr(gathering, "SAMPLE_ROWS", 5_000)
    for most in (rows, 7_001, 400):
        with duckdb.connect() as connection:
            gathered = gathering.Gathering(connection, [Column("n", "BIGINT")], rows)
            gathered.begin()
            for first in range(0, rows, most):
                gathered.take(pa.record_batch({"c0": np.arange(first, min(rows, first + most))}), first)
            gathered.end()
            found.append([n for (n,) in connection.execute(f"FROM {gathering.SAMPLE}").fetchall()])
    assert found[0] == found[1] == found[2]
    assert len(set(found[0])) == len(found[0]) == pytest.approx(4_600, rel=0.02)


KINDS = """
SELECT i, (i % 100)::TINYINT AS tiny, (i * 7)::UBIGINT AS huge_whole, i::HUGEINT AS beyond,
  (i / 3)::DECIMAL(18, 4) AS money,
  CASE WHEN i % 9 = 0 THEN 'nan'::DOUBLE WHEN i % 11 = 0 THEN 'inf'::DOUBLE WHEN i % 13 > 0 THEN sin(i) END AS odd,
  i::FLOAT AS small, NULL::DOUBLE AS none, 'nan'::DOUBLE AS never, i % 3 = 0 AS yes,
  CASE WHEN i % 50 = 0 THEN 'infinity'::DATE ELSE DATE '2020-01-01' + (i % 900)::INT END AS day,
  CASE WHEN i % 50 = 0 THEN '-infinity'::TIMESTAMP ELSE TIMESTAMP '1960-01-01' + to_seconds(i * 1000) END AS at,
  (TIMESTAMP '2021-01-01' + to_seconds(i))::TIMESTAMPTZ AS zoned, TIME '10:00:00' + to_seconds(i % 1000) AS clock,
  CASE WHEN i % 4 > 0 THEN repeat(CASE WHEN i < 30000 THEN 'e' ELSE 'é' END, (i % 6)::INT) END AS text,
  uuid() AS name, [i, i] AS list, {'a': i} AS nested,
  (i % 256)::VARCHAR::BLOB AS bytes, NULL::VARCHAR AS nothing
FROM range(60000) t(i)
"""


@pytest.mark.parametrize("order", ["", "ORDER BY hash(i)"])
def test_what_is_gathered_while_rows_go_by_is_what_sql_says(lake, monkeypatch, order):
    """Of every type that the lake has, in an order that the digest finds and in one that it has to make."""
    with duckdb.connect() as engine:
        engine.execute("SET TimeZone = 'UTC'")
        at = lake.write(f"kinds_{len(order)}", engine.execute(f"{KINDS} {order}").to_arrow_table())
    whole = {column["name"]: column for column in lake.inspect(at).profile["columns"]}
    monkeypatch.setattr(reading, "MOST_COUNTED", 50_000)
    monkeypatch.setattr(gathering, "SAMPLE_ROWS", 20_000)
    inspected = lake.inspect(at)
    assert inspected.digest == lake.digest(at)
    assert len(whole) == len(inspected.profile["columns"]) == 20
    for column in inspected.profile["columns"]:
        exact = whole[column["name"]]
        for figure in ("type", "nulls", "not_finite", "min", "max", "mean", "std", "min_length", "max_length"):
            said = column.get(figure)
            near = pytest.approx(exact.get(figure), rel=1e-9) if isinstance(said, float) else exact.get(figure)
            assert said == near, (column["name"], figure)
    looked_into = "i huge_whole beyond money odd small none never day at zoned text name nothing"
    assert set(inspected.values) == set(looked_into.split(" "))


def test_a_small_table_is_copied_once_and_said_to_be_what_it_is(lake, monkeypatch):
    with duckdb.connect() as engine:
        engine.execute("SET TimeZone = 'UTC'")
        of_some = KINDS.replace("range(60000)", "range(900)").replace("30000", "450")
        at = lake.write("few_kinds", engine.execute(f"{of_some} ORDER BY hash(i)").to_arrow_table())
    asked, columns = [], reading.profile_of

    def profile_of(connection, relation, *rest):
        asked.append(relation)
        return columns(connection, relation, *rest)

    monkeypatch.setattr(reading, "profile_of", profile_of)
    copied = lake.inspect(at)
    monkeypatch.setattr(reading, "_SMALL_BYTES", 0)
    whole = lake.inspect(at)
    assert (asked[0] == asked[1], "AT (VERSION" in asked[0], "AT (VERSION" in asked[1]) == (False, False, True)
    assert copied.digest == whole.digest == lake.digest(at)
    assert copied.profile == whole.profile
    for name, values in whole.values.items():
        np.testing.assert_array_equal(copied.values[name].sort().to_numpy(), values.sort().to_numpy(), name)
