"""Users' SQL: answered from its inputs, refused in sentences, stopped at its limits."""

from __future__ import annotations

import gc
import os
import time
from pathlib import Path

import psutil
import pyarrow as pa
import pytest

from foundation.lake import Column, SqlFailed, SqlRefused, SqlTimeout, sandbox
from foundation.lake.adapters import sessions
from foundation.lake.engines import place_of
from foundation.lake.sandbox import children as children_module
from foundation.lake.sandbox import places
from tests.support.sandbox import children, templates
from tests.support.until import until

SECRET = "CANARY-784-1990"


@pytest.fixture(scope="module")
def inputs(lake):
    trips = lake.write("trips", pa.table({"id": [1, 2, 3], "who": ["a", "b", "a"], "km": [1.5, 2.5, None]}))
    people = lake.write("people", pa.table({"who": ["a", "b"], "emirates_id": [SECRET, SECRET]}))
    return {"trips": trips, "people": people}


def rows(lake_id, sql, inputs, **limits):
    return sandbox.run(lake_id, sql, inputs, **limits).read_all().to_pylist()


def test_a_query_is_answered(lake_id, inputs):
    sql = """
        WITH known AS (SELECT who, sum(id) AS ids FROM trips GROUP BY who)  -- a comment
        SELECT k.who, k.ids, count(*) OVER () AS n FROM known k JOIN people USING (who) ORDER BY 1;
    """
    assert rows(lake_id, sql, inputs) == [{"who": "a", "ids": 4, "n": 2}, {"who": "b", "ids": 2, "n": 2}]


@pytest.mark.parametrize(
    ("sql", "answer"),
    [
        ("SELECT count(*) AS n FROM TRIPS", [{"n": 3}]),
        ("FROM trips SELECT max(km) AS km WHERE id > 1", [{"km": 2.5}]),
        ("SELECT unnest([1, 2]) AS n", [{"n": 1}, {"n": 2}]),
        ("SELECT i AS n FROM range(2) t(i)", [{"n": 0}, {"n": 1}]),
        ("SELECT a.id FROM trips a ASOF JOIN trips b ON a.id >= b.id WHERE a.id = 1", [{"id": 1}]),
        ("SELECT id FROM trips WHERE who IN (SELECT who FROM people WHERE who = 'b')", [{"id": 2}]),
        ("SELECT id FROM (VALUES (7)) v(id)", [{"id": 7}]),
        (
            "WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r WHERE n < 3) SELECT max(n) AS n FROM r",
            [{"n": 3}],
        ),
        ("WITH trips AS (SELECT id FROM trips WHERE id > 1) SELECT count(*) AS n FROM trips", [{"n": 2}]),
        (
            "WITH a AS (SELECT id FROM trips), b AS (WITH a AS (FROM a WHERE id = 3) FROM a) "
            "SELECT id FROM b WHERE id IN (SELECT id FROM a) UNION ALL SELECT max(id) FROM a",
            [{"id": 3}, {"id": 3}],
        ),
        (
            "WITH RECURSIVE r AS ((WITH s AS (SELECT 1 AS n) FROM s) UNION ALL "
            "(WITH t AS (FROM r) SELECT n + 1 FROM t, trips WHERE n < 3 AND id = 1)) SELECT sum(n) AS n FROM r",
            [{"n": 6}],
        ),
        ("SELECT id FROM trips WHERE km IS NULL OR who = 'b' ORDER BY id", [{"id": 2}, {"id": 3}]),
        (
            "SELECT id FROM trips QUALIFY row_number() OVER (PARTITION BY who ORDER BY id DESC) = 1 ORDER BY id",
            [{"id": 2}, {"id": 3}],
        ),
        (
            "PIVOT trips ON who IN ('a', 'b') USING count(*) GROUP BY id ORDER BY id LIMIT 1",
            [{"id": 1, "a": 1, "b": 0}],
        ),
    ],
)
def test_the_sql_of_feature_views_works(lake_id, inputs, sql, answer):
    assert rows(lake_id, sql, inputs) == answer


def test_inputs_are_pinned_and_deleted_rows_stay_deleted(lake, lake_id):
    old = lake.write("changing", pa.table({"id": range(10)}))
    with sessions.cursor(place_of(lake_id)) as connection:
        connection.execute("DELETE FROM lake.main.changing WHERE id < 3")
    lake.write("changing", pa.table({"id": [100]}), mode="append")
    new = lake.current("changing")
    sql = "SELECT count(*) AS n, min(id) AS low, max(id) AS high FROM t"
    assert rows(lake_id, sql, {"t": old}) == [{"n": 10, "low": 0, "high": 9}]
    assert rows(lake_id, sql, {"t": new}) == [{"n": 8, "low": 3, "high": 100}]


def test_an_empty_input_has_its_columns(lake, lake_id):
    at = lake.write("nothing", pa.table({"id": pa.array([], pa.int64())}))
    assert rows(lake_id, "SELECT count(id) AS n FROM t", {"t": at}) == [{"n": 0}]


def test_an_answer_becomes_a_table(lake, lake_id, inputs):
    at = lake.write("answer", sandbox.run(lake_id, "SELECT who, count(*) AS n FROM trips GROUP BY 1", inputs))
    assert lake.count(at) == 2


def test_a_query_that_fails_while_its_rows_are_written_leaves_no_table(lake, lake_id, inputs):
    sql = "SELECT CASE WHEN i < 400000 THEN i ELSE ('x' || i)::INT END AS n FROM range(500000) t(i)"
    with pytest.raises(SqlFailed, match="does not fit"):
        lake.write("half", sandbox.run(lake_id, sql, inputs))
    assert not lake.exists("half")


def test_so_many_rows_and_no_more(lake_id, inputs):
    sql = "SELECT i FROM range(10000000) t(i)"
    assert len(rows(lake_id, sql, inputs, limit_rows=10)) == 10


def test_columns_are_described_without_running(lake_id, inputs):
    sql = "SELECT who, sum(id) AS ids, avg(km) AS km, ('x' || who)::INT AS fails FROM trips GROUP BY who"
    assert sandbox.describe(lake_id, sql, inputs) == [
        Column("who", "VARCHAR"),
        Column("ids", "BIGINT"),
        Column("km", "DOUBLE"),
        Column("fails", "INTEGER"),
    ]


@pytest.mark.parametrize(
    ("sql", "tables"),
    [
        ("WITH x AS (SELECT * FROM a) SELECT * FROM x, b WHERE EXISTS (SELECT 1 FROM c)", {"a", "b", "c"}),
        ("WITH a AS (SELECT * FROM a) SELECT * FROM a", {"a"}),
        ("SELECT * FROM (WITH x AS (FROM a) FROM x), x", {"a", "x"}),
        ("WITH RECURSIVE r AS (SELECT n FROM a UNION ALL SELECT n FROM R, b WHERE n < 3) SELECT * FROM r", {"a", "b"}),
    ],
)
def test_tables_of_a_query(sql, tables):
    assert sandbox.tables_of(sql) == tables


@pytest.mark.parametrize(
    ("sql", "kind", "sentence"),
    [
        ("", SqlRefused, "The query is empty"),
        ("SELECT 1; SELECT 2", SqlRefused, "has 2 statements"),
        ("SELEC 1", SqlRefused, "not valid SQL. (Line 1, column 1.)"),
        ("SELECT at, 1 FROM d", SqlRefused, "(Line 1, column 10.) A name that is also a word of SQL, like at or order"),
        (
            "SELECT id\nFROM trip",
            SqlRefused,
            "no input named “trip”; add it to the inputs or mend the name. (Line 2, column 6.)",
        ),
        (
            "SELECT\n  nme FROM trips",
            SqlFailed,
            "“nme”, which is not there or cannot be used so (Binder error). (Line 2, column 3.)",
        ),
        ("SELECT lenth(who) FROM trips", SqlFailed, "“lenth”"),
        ("SELECT id, id FROM trips", SqlRefused, "more than one column named “id”"),
        ("SELECT who::INT AS n FROM trips", SqlFailed, "A value in the data does not fit"),
        ("SELECT emirates_id::INT AS n FROM people", SqlFailed, "A value in the data does not fit"),
        ("SELECT error(emirates_id) AS n FROM people", SqlFailed, "A value in the data does not fit"),
    ],
)
def test_mistakes_are_explained_without_values(lake_id, inputs, sql, kind, sentence):
    with pytest.raises(kind) as failure:
        rows(lake_id, sql, inputs)
    assert sentence in failure.value.sentence
    assert SECRET not in f"{failure.value.sentence} {failure.value.details}"
    cause = failure.value.__cause__
    assert cause is None or SECRET not in str(cause)


def test_time_is_limited(lake_id, inputs):
    started = time.monotonic()
    with pytest.raises(SqlTimeout, match="within 1 seconds"):
        rows(lake_id, "SELECT count(*) AS n FROM range(100000000) a, range(100000000) b", inputs, timeout_s=1)
    assert time.monotonic() - started < 10


def test_memory_is_limited(lake_id, inputs):
    sql = "SELECT list(i) AS l FROM range(200000000) t(i)"
    with pytest.raises(SqlFailed, match="needed more than the 256 MB"):
        rows(lake_id, sql, inputs, memory_mb=256)


def test_the_answers_size_is_limited(lake_id, inputs):
    with pytest.raises(SqlFailed, match="larger than 1 MB"):
        rows(lake_id, "SELECT repeat('x', 1000) AS x FROM range(100000)", inputs, result_mb=1)


def test_children_end_with_their_job_also_where_the_answer_is_not_read(lake_id, inputs):
    rows(lake_id, "SELECT 1 AS one", inputs)
    gc.collect()
    # The process is shared: what an earlier test still holds open is not this one's.
    before = {child.pid for child in children()}
    reader = sandbox.run(lake_id, "SELECT i FROM range(100000000) t(i)", inputs)
    at_work = {child.pid for child in children()}
    del reader
    gc.collect()
    left = {child.pid for child in children()}
    assert len(at_work - left) == 1
    assert len(left - before) <= 2  # the warm ones


def test_children_die_with_a_portal_process_that_is_killed(lake_id, inputs):
    reading, writing = os.pipe()
    portal = os.fork()
    if portal == 0:
        reader = sandbox.run(lake_id, "SELECT i FROM range(10000000000) t(i)", inputs)
        os.write(writing, " ".join(str(process.pid) for process in (*templates(), *children())).encode())
        reader.read_all()
        os._exit(0)
    pids = [int(pid) for pid in os.read(reading, 1000).decode().split()]
    found = [psutil.Process(pid) for pid in pids]
    os.kill(portal, 9)
    os.waitpid(portal, 0)
    _, alive = psutil.wait_procs(found, timeout=10)
    assert len(pids) >= 2
    assert not [process for process in alive if process.status() != psutil.STATUS_ZOMBIE]


def test_a_template_that_is_killed_takes_its_children_along_and_is_followed_by_another(lake_id, inputs):
    reader = sandbox.run(lake_id, "SELECT i FROM range(10000000000) t(i)", inputs)
    killed, warm = templates(), children()
    for template in killed:
        template.kill()
    with pytest.raises(SqlFailed):
        reader.read_all()
    _, alive = psutil.wait_procs(warm, timeout=10)
    assert warm and not [process for process in alive if process.status() != psutil.STATUS_ZOMBIE]
    assert rows(lake_id, "SELECT 1 AS one", inputs) == [{"one": 1}]
    assert templates() and not {process.pid for process in templates()} & {process.pid for process in killed}


def test_a_job_leaves_no_files(lake_id, inputs, settings):
    rows(lake_id, "SELECT 1 AS one", inputs)
    with pytest.raises(SqlTimeout):
        rows(lake_id, "SELECT count(*) AS n FROM range(100000000) a, range(100000000) b", inputs, timeout_s=0.5)
    # Jobs of tests in other processes have folders beside these, for as long as they run.
    for folder in Path(settings.SANAD_RUN, "sandbox").glob("job-*"):
        until(lambda folder=folder: not any(folder.glob("*")), within_s=60)


def test_sorting_more_than_memory_holds_spills_sealed(lake_id, inputs, settings):
    sql = f"SELECT '{SECRET}' || i AS name, repeat('x', 100) AS filler FROM range(2000000) t(i) ORDER BY hash(i)"
    reader = sandbox.run(lake_id, sql, inputs, memory_mb=128)
    reader.read_next_batch()
    folder = Path(settings.SANAD_RUN, "sandbox")
    spilled = [path for path in folder.glob("job-*/**/*") if path.is_file()]
    assert sum(path.stat().st_size for path in spilled) > 1 << 20
    assert not any(SECRET.encode() in path.read_bytes() for path in spilled)
    assert reader.read_all().num_rows > 1_000_000


def test_folders_of_killed_processes_are_swept(lake_id, inputs, settings):
    folder = Path(settings.SANAD_RUN, "sandbox")
    orphan = folder / "job-orphan"
    orphan.mkdir(parents=True)
    with children_module.take() as child:
        places.sweep()
        assert not orphan.exists()
        assert child.alive()
        assert list(folder.glob("job-*"))


def test_a_child_loads_no_pandas():
    """It takes longest of all to load, and nothing that a child does needs it."""
    with children_module.take() as child:
        loaded = {Path(line.path).name for line in psutil.Process(child.pid).memory_maps()}
    assert [name for name in loaded if "arrow" in name] and not [name for name in loaded if "pandas" in name]


def test_a_table_of_many_columns_takes_no_more_room_than_its_rows(lake, lake_id):
    inputs = {"t": lake.write("wide", pa.table({f"c{i}": [0.5] * 50 for i in range(900)}))}
    assert len(sandbox.describe(lake_id, "SELECT * FROM t", inputs)) == 900
    assert sandbox.run(lake_id, "SELECT * FROM t", inputs).read_all().shape == (50, 900)
    assert sandbox.run(lake_id, "SELECT c1 FROM t", inputs).read_all().shape == (50, 1)
