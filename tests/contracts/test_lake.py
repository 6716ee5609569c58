"""Every engine of the lake keeps the port's promises."""

from __future__ import annotations

import itertools
import random
import threading
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from foundation.errors import Invalid
from foundation.lake import Condition, LakeSlow, TableAt, TableExists, TableMissing
from tests.contracts.lake_stage import PEOPLE, lake, lake_id, table

__all__ = ["lake", "lake_id", "table"]


def test_what_is_written_is_read(lake, table):
    at = lake.write(table, PEOPLE)
    assert lake.read(at).read_all().to_pylist() == PEOPLE.to_pylist()
    assert lake.read(at, columns=["age"]).read_all().column_names == ["age"]
    assert [(c.name, c.type) for c in lake.schema(at)] == [
        ("name", "VARCHAR"),
        ("age", "BIGINT"),
        ("at", "TIMESTAMP WITH TIME ZONE"),
    ]
    assert lake.count(at) == 4


def test_create_refuses_a_table_that_is_there(lake, table):
    lake.write(table, PEOPLE)
    with pytest.raises(TableExists, match=table):
        lake.write(table, PEOPLE)


def test_append_makes_the_table_and_then_adds(lake, table):
    first = lake.write(table, PEOPLE, mode="append")
    second = lake.write(table, PEOPLE.select(["age", "name", "at"]), mode="append")
    assert (lake.count(first), lake.count(second)) == (4, 8)


def test_older_snapshots_stay_as_they_were(lake, table):
    old = lake.write(table, PEOPLE)
    new = lake.write(table, PEOPLE.slice(0, 1), mode="replace")
    assert (lake.count(old), lake.count(new)) == (4, 1)
    lake.drop(table)
    assert lake.count(old) == 4
    assert not lake.exists(table)
    with pytest.raises(TableMissing):
        lake.current(table)


def test_a_stream_is_written_in_batches(lake, table):
    batches = (pa.record_batch({"n": [i] * 1000}) for i in range(50))
    at = lake.write(table, pa.RecordBatchReader.from_batches(pa.schema({"n": pa.int64()}), batches))
    assert lake.count(at) == 50_000


def test_a_failing_source_leaves_no_table_and_its_own_error(lake, table):
    def failing():
        yield pa.record_batch({"n": [1]})
        raise ConnectionError("the source went away")

    source = pa.RecordBatchReader.from_batches(pa.schema({"n": pa.int64()}), failing())
    with pytest.raises(ConnectionError, match="went away"):
        lake.write(table, source)
    assert not lake.exists(table)


def test_the_source_and_the_listener_stay_in_the_callers_thread(lake, table):
    seen = set()

    def batches():
        for i in range(20):
            seen.add(threading.get_ident())
            yield pa.record_batch({"n": [i] * 10_000})

    lake.write(table, pa.RecordBatchReader.from_batches(pa.schema({"n": pa.int64()}), batches()))
    assert seen == {threading.get_ident()}


def test_a_source_that_is_not_wanted_is_not_waited_for(lake, table):
    lake.write(table, PEOPLE)
    endless = (pa.record_batch({"n": [1]}) for _ in itertools.count())
    with pytest.raises(TableExists):
        lake.write(table, pa.RecordBatchReader.from_batches(pa.schema({"n": pa.int64()}), endless))


def test_many_small_appends_are_compacted(lake, table):
    for n in range(5):
        at = lake.write(table, pa.table({"n": [n]}), mode="append")
    digest = lake.digest(at)
    compacted = lake.compact(table)
    assert (lake.digest(compacted), lake.digest(at)) == (digest, digest)
    assert len(lake.files_of(compacted)) == 1


def test_a_table_is_as_large_as_its_files_until_it_is_dropped(lake, table):
    def on_disk(at):
        files = lake.files_of(at)
        return sum(Path(one.path).stat().st_size for file in files for one in (file, file.deleted) if one)

    at = lake.write(table, PEOPLE)
    assert lake.sizes([table, "not_there"]) == {table: on_disk(at)}
    grown = lake.write(table, PEOPLE, mode="append")
    assert lake.sizes()[table] == on_disk(grown) > on_disk(at)
    lake.erase_rows(table, "age = 25")
    assert lake.sizes([table])[table] == on_disk(lake.current(table))
    lake.drop(table)
    assert lake.sizes([table]) == {}


def test_categories_and_empty_columns_find_a_type(lake, table):
    source = pa.table({"kind": pa.array(["a", "b", "a"]).dictionary_encode(), "nothing": pa.nulls(3)})
    at = lake.write(table, source)
    assert [c.type for c in lake.schema(at)] == ["VARCHAR", "VARCHAR"]


def test_categories_as_an_engine_gives_them_are_texts(lake, table):
    """Their places are counted from zero without a sign, which no table that Arrow makes of nothing has."""
    sql = "SELECT 'a'::ENUM('a', 'b') AS kind UNION ALL SELECT NULL"
    at = lake.write(table, duckdb.connect().execute(sql).to_arrow_reader())
    assert [c.type for c in lake.schema(at)] == ["VARCHAR"]
    assert sorted(map(str, lake.read(at).read_all().column("kind").to_pylist())) == ["None", "a"]


def test_the_digest_knows_rows_not_their_order(lake, table):
    rows = [{"a": i % 7, "b": f"v{i}", "c": [i, None], "d": i / 3} for i in range(3000)]
    at = lake.write(table, pa.Table.from_pylist(rows))
    shuffled = random.Random(1).sample(rows, len(rows))
    lake.write(f"{table}_2", pa.Table.from_pylist(shuffled[:1000]))
    again = lake.write(f"{table}_2", pa.Table.from_pylist(shuffled[1000:]), mode="append")
    assert lake.digest(again) == lake.digest(at)
    changed = [*rows[:-1], {**rows[-1], "b": "other"}]
    assert lake.digest(lake.write(f"{table}_3", pa.Table.from_pylist(changed))) != lake.digest(at)


def test_the_digest_tells_neighbours_and_missing_values_apart(lake, table):
    tables = [
        {"a": ["x"], "b": ["yz"]},
        {"a": ["xy"], "b": ["z"]},
        {"a": [None], "b": ["xyz"]},
        {"a": ["-"], "b": ["xyz"]},
        {"a": ["x", "x"], "b": ["yz", "yz"]},
        {"b": ["x"], "a": ["yz"]},
    ]
    schema = pa.schema({"a": pa.string(), "b": pa.string()})
    digests = {
        lake.digest(lake.write(table, pa.table(rows, schema if [*rows] == ["a", "b"] else None), mode="replace"))
        for rows in tables
    }
    assert len(digests) == len(tables)


def test_preview_sorts_filters_and_pages(lake, table):
    at = lake.write(table, PEOPLE)
    ages = lake.preview(at, order_by="age", descending=True)["age"].to_pylist()
    assert ages == [40, 31, 25, None]
    assert lake.preview(at, 1, 1, "age")["age"].to_pylist() == [31]
    found = lake.preview(at, where=[Condition("age", ">", "30"), Condition("name", "contains", "IRS")])
    assert found["name"].to_pylist() == ["first"]
    assert lake.preview(at, where=[Condition("age", "is null")])["name"].to_pylist() == ["second"]
    with pytest.raises(Invalid, match="salary"):
        lake.preview(at, order_by="salary")


def test_own_queries_read_pinned_inputs_and_write_tables(lake, table):
    old = lake.write(table, PEOPLE)
    lake.write(table, PEOPLE, mode="append")
    answer = lake.query("SELECT count(*) AS n FROM people WHERE age > ?", {"people": old}, [30]).read_all()
    assert answer["n"].to_pylist() == [2]
    at_hand = lake.query("SELECT name FROM people JOIN old USING (name, age)", {"people": PEOPLE, "old": old})
    assert sorted(at_hand.read_all()["name"].to_pylist()) == ["first", "vierté"]
    made = lake.write_query(f"{table}_2", "SELECT age + $more AS age FROM people", {"people": old}, {"more": 1})
    assert sorted(filter(None, lake.read(made).read_all()["age"].to_pylist())) == [26, 32, 41]


def test_a_query_that_nobody_would_wait_for_is_broken_off_at_once_or_half_way(lake, table):
    people = {"people": lake.write(table, PEOPLE)}
    for told in ("sum(a.range * b.range) AS n", "a.range * b.range AS n"):
        endless = f"SELECT {told} FROM range(10000000) a, range(10000000) b, people"
        with pytest.raises(LakeSlow, match="longer over this than can be waited for"):
            for batch in lake.query(endless, people, seconds=0.2):
                assert len(batch)
    assert lake.query("SELECT name FROM people", people, seconds=600).read_all().num_rows == 4
    with pytest.raises(LakeSlow):
        lake.query("SELECT name FROM people", people, seconds=0)


def test_expiry_keeps_what_is_pinned(lake, table):
    pinned = lake.write(table, PEOPLE)
    gone = lake.write(table, PEOPLE.slice(0, 2), mode="replace")
    newest = lake.write(table, PEOPLE.slice(0, 1), mode="replace")
    digest = lake.digest(pinned)
    assert lake.expire(keep=[pinned]) >= 1
    assert lake.digest(pinned) == digest
    assert lake.count(newest) == 1
    with pytest.raises(TableMissing):
        lake.count(gone)


@pytest.mark.parametrize("name", ["", "Upper", "a b", 'a"; DROP', "1a", "a" * 64])
def test_a_tables_name_is_checked(lake, name):
    with pytest.raises(Invalid):
        lake.write(name, PEOPLE)


def test_a_missing_table_is_said_to_be_missing(lake):
    with pytest.raises(TableMissing):
        lake.count(TableAt("nowhere", 0))
