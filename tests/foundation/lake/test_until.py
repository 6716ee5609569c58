"""SQL over its inputs as they were by a moment, and by what their rows are dated."""

from __future__ import annotations

from datetime import UTC, datetime

import pyarrow as pa
import pytest

from foundation.lake import Column, SqlRefused, sandbox
from foundation.lake.ports import RowTimes, Until

NOON = datetime(2013, 1, 1, 12, tzinfo=UTC)
HOURS = [datetime(2013, 1, 1, hour, tzinfo=UTC) for hour in (10, 11, 13)]
COLUMNS = {
    "a": {"k": "VARCHAR", "t": "TIMESTAMP", "u": "TIMESTAMP", "n": "BIGINT", "Said": "VARCHAR"},
    "b": {"k": "VARCHAR", "t": "TIMESTAMP"},
}

# Each: the query, then by what it dates the rows of `a`; "?" is: it cannot be told.
DATED = {
    "SELECT t FROM a": '"t"',
    "SELECT date_trunc('day', t) AS t FROM a": '"t"',
    "SELECT least(t, TIMESTAMP '2013-01-01') AS t FROM a": '"t"',
    "SELECT greatest(t, u) AS t FROM a": 'GREATEST("t", "u")',
    "SELECT greatest(x.t, y.u) AS t FROM a x JOIN a y USING (k)": '"t" "u"',
    "WITH w AS (FROM a) SELECT greatest(x.t, y.u) AS t FROM w x JOIN w y USING (k)": '"t" "u"',
    "WITH w AS (FROM a) SELECT greatest(x.t, x.u) AS t FROM w x JOIN w y USING (k)": 'GREATEST(("t"), ("u"))',
    "SELECT t + INTERVAL 1 HOUR AS t FROM a": '"t"',
    "SELECT INTERVAL 1 HOUR + t AS t FROM a": '"t"',
    "SELECT t + n * INTERVAL 1 HOUR AS t FROM a": '"t" + "n" * INTERVAL \'1\' HOUR',
    "SELECT TIMESTAMP '1970-01-01' + INTERVAL (n) SECOND AS t FROM a": (
        "CAST('1970-01-01' AS TIMESTAMP) + INTERVAL (\"n\") SECOND"
    ),
    "SELECT DATE '1970-01-01' + n::INT AS t FROM a": "CAST('1970-01-01' AS DATE) + CAST(\"n\" AS INT)",
    "SELECT strptime(said, '%Y') AS t FROM a": "STRPTIME(\"Said\", '%Y')",
    "WITH w AS (SELECT t FROM a UNION ALL SELECT u FROM a) SELECT t::TIMESTAMPTZ AS t FROM w": '"t" "u"',
    "SELECT TIMESTAMP '2013-01-01' AS t FROM a": "",
    "SELECT COLUMNS('t') FROM a": "?",
}
# What takes something off a time, however it is written.
MOVED_BACK = [
    "SELECT t - INTERVAL 1 HOUR AS t FROM a",
    "SELECT t + INTERVAL '-1 hour' AS t FROM a",
    "SELECT t + INTERVAL (-n) MINUTE AS t FROM a",
    "SELECT t + -1 * INTERVAL 1 HOUR AS t FROM a",
    "SELECT date_add(t, INTERVAL (-1) HOUR) AS t FROM a",
]


def said(sql: str) -> RowTimes | None:
    columns = {name: [Column(*one) for one in columns.items()] for name, columns in COLUMNS.items()}
    (found,) = sandbox.times(sql, columns, ["t"])
    return found


def test_by_what_rows_are_dated_is_read_off_the_sql():
    for sql, wanted in DATED.items():
        found = said(sql)
        told = "?" if found is None else " ".join(found.inputs.get("a", ()))
        assert told == wanted, sql
        assert found is None or not found.moved_back, sql


def test_what_takes_something_off_a_time_says_so():
    for sql in MOVED_BACK:
        found = said(sql)
        assert found is not None and found.moved_back, sql


def test_what_is_too_long_to_be_read_is_unknown():
    assert said(f"SELECT t FROM a -- {'x' * 60_000}") is None


@pytest.fixture(scope="module")
def at(lake):
    rows = {"t": [*HOURS, None], "n": [1, 2, 3, 4], "said": ["2013-01-01 10:30", "no time", "2014-01-01", None]}
    return lake.write("dated", pa.table(rows))


def run(lake_id, sql, inputs, until):
    return sandbox.run(lake_id, sql, inputs, until=until).read_all().column(0).to_pylist()


def test_no_row_is_there_before_its_time(lake_id, at):
    def there(*times: list[str]) -> list[int]:
        return run(lake_id, "SELECT n FROM d", {"d": at}, Until(NOON, {"d": times}))

    assert there(['"t"']) == [1, 2, 4]
    assert there(['"said"::TIMESTAMP']) == [1, 2, 4]
    assert there(['"t"'], ['"said"::TIMESTAMP']) == [1, 2, 4]
    assert there(['"t"', '"said"::TIMESTAMP']) == [1, 2, 4]
    assert there(["\"t\" + INTERVAL '1' HOUR"]) == [1, 2, 4]
    assert there(["\"t\" + INTERVAL '90' MINUTE"]) == [1, 4]


def test_rows_come_in_the_opposite_order_where_that_is_asked(lake_id, at):
    assert run(lake_id, "SELECT n FROM d", {"d": at}, Until(NOON, {}, turned=True)) == [4, 3, 2, 1]
    assert run(lake_id, "SELECT n FROM d", {"d": at}, Until(NOON, {"d": [['"t"']]}, turned=True)) == [4, 2, 1]


def test_nothing_that_the_sql_names_reaches_what_was_left_out(lake_id, at):
    until = Until(NOON, {"d": [['"t"']]})
    whole = "__whole d"
    with pytest.raises(SqlRefused):
        run(lake_id, f'SELECT n FROM "{whole}"', {"d": at}, until)
    shadowed = f'WITH "{whole}" AS (SELECT 9 AS n) SELECT n FROM d'
    assert run(lake_id, shadowed, {"d": at}, until) == [1, 2, 4]
    both = Until(NOON, {"d": [['"t"']], whole: [['"t"']]})
    for inputs in ({"d": at, whole: at}, {whole: at, "d": at}):
        for name, left in (("d", [1, 2, 4]), (whole, [1, 2, 3, 4])):
            assert run(lake_id, f'SELECT n FROM "{name}"', inputs, both) == [1, 2, 4]
            assert run(lake_id, f'SELECT n FROM "{name}"', inputs, until) == left


def test_what_dates_rows_is_held_to_what_the_sql_is_held_to(lake_id, at):
    for times in ("getenv('HOME')::TIMESTAMP", "(SELECT max(t) FROM read_parquet('/tmp/x'))"):
        with pytest.raises(SqlRefused):
            run(lake_id, "SELECT n FROM d", {"d": at}, Until(NOON, {"d": [[times]]}))
