"""From which columns a SELECT's columns come, and whether it makes its rows row by row."""

from __future__ import annotations

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foundation.lake import SqlFailed, SqlRefused, sandbox
from foundation.lake.adapters import child_lineage, child_row_wise
from foundation.lake.ports import Column

INPUTS = {"t": ["a", "b", "c"], "U": ["a", "D", "e"], "s": ["addr", "two words"]}

# Each: the query, then for each column of its answer the sources; "?" is: it cannot be told.
QUERIES = {
    "SELECT a, b + c AS s FROM t": "t.a; t.b t.c",
    "FROM t": "t.a; t.b; t.c",
    "SELECT * EXCLUDE (a) FROM t": "t.b; t.c",
    "SELECT * REPLACE (a + b AS a) FROM t": "t.a t.b; t.b; t.c",
    "SELECT * RENAME (a AS z) FROM t": "t.a; t.b; t.c",
    "SELECT a AS n, * EXCLUDE (a) FROM t": "t.a; t.b; t.c",
    "SELECT t.a, u.d FROM t JOIN U u USING (a)": "t.a; U.D",
    "SELECT * FROM t JOIN U USING (a)": "U.a t.a; t.b; t.c; U.D; U.e",
    "SELECT * FROM t NATURAL JOIN U": "U.a t.a; t.b; t.c; U.D; U.e",
    "SELECT * FROM t SEMI JOIN u USING (a)": "t.a; t.b; t.c",
    "SELECT * FROM t ANTI JOIN u ON t.a = u.a": "t.a; t.b; t.c",
    "SELECT t.b, u.e FROM t ASOF JOIN u ON t.a >= u.a": "t.b; U.e",
    "SELECT x.a, y.b FROM t x, t y": "t.a; t.b",
    "SELECT t.a, n FROM t LEFT JOIN (SELECT a, count(*) AS n FROM u GROUP BY a) q USING (a)": "t.a; ",
    "SELECT a + 1 AS x, x * b AS y FROM t": "t.a; t.a t.b",
    "SELECT b AS a, a + 1 AS z FROM t": "t.b; t.a",
    "WITH q AS (SELECT a AS k, b FROM t) SELECT k, sum(b) AS s FROM q GROUP BY k": "t.a; t.b",
    "WITH q(x, y) AS (SELECT a, b FROM t) SELECT y, x FROM q": "t.b; t.a",
    "WITH x AS (SELECT a FROM t), y AS (SELECT a FROM x) SELECT * FROM y": "t.a",
    "WITH t AS (SELECT d AS a FROM u) SELECT a FROM t": "U.D",
    "WITH t AS (SELECT b AS a FROM t) SELECT a FROM t": "t.b",
    "WITH x AS (SELECT a FROM t), y AS (WITH x AS (SELECT b AS k FROM x, t) FROM x) SELECT a, k FROM x, y": "t.a; t.b",
    "WITH RECURSIVE r AS (SELECT a, b FROM t UNION ALL SELECT r.b, r.a FROM r WHERE a < 3) FROM r": "t.a t.b; t.a t.b",
    "WITH RECURSIVE r(n, p) AS (SELECT a, b FROM t UNION SELECT n + 1, p FROM r WHERE n < 5) FROM r": "t.a; t.b",
    "SELECT a FROM t UNION ALL SELECT d FROM u": "U.D t.a",
    "SELECT a FROM t EXCEPT SELECT d FROM u": "U.D t.a",
    "SELECT a, b FROM t UNION BY NAME SELECT d AS b, a FROM u": "U.a t.a; U.D t.b",
    "SELECT a FROM t UNION BY NAME SELECT a, d AS b FROM u": "U.a t.a; U.D",
    "SELECT p FROM (SELECT a FROM t) s(p)": "t.a",
    "SELECT * FROM (SELECT * FROM (SELECT *, a * 2 AS w FROM t))": "t.a; t.b; t.c; t.a",
    "SELECT (SELECT max(e) FROM u WHERE u.a = t.a) AS m FROM t": "U.a U.e t.a",
    "SELECT EXISTS (SELECT 1 FROM u WHERE u.d = t.b) AS x FROM t": "U.D t.b",
    "SELECT b IN (SELECT d FROM u WHERE e > 1) AS x FROM t": "U.D U.e t.b",
    "SELECT x.k FROM t, LATERAL (SELECT t.b + u.e AS k FROM u) x": "U.e t.b",
    "SELECT a, v FROM t, unnest([b, c]) AS w(v)": "t.a; t.b t.c",
    "SELECT unnest([b, c]) AS v FROM t": "t.b t.c",
    "SELECT v FROM range(10) r(v)": "",
    "SELECT * FROM (VALUES (1, 2)) v(p, q)": "; ",
    "SELECT count(*) AS n, 1 AS one, now() AS at FROM t": "; ; ",
    "SELECT sum(b) FILTER (c > 0) AS s FROM t GROUP BY ALL": "t.b t.c",
    "SELECT row_number() OVER (PARTITION BY a ORDER BY b) AS n FROM t": "t.a t.b",
    "SELECT max(b) OVER (w ORDER BY c) AS m FROM t WINDOW w AS (PARTITION BY a)": "t.a t.b t.c",
    "SELECT a FROM t QUALIFY row_number() OVER (ORDER BY b) = 1": "t.a",
    "SELECT CASE WHEN a > 1 THEN b ELSE c END AS x FROM t ORDER BY b LIMIT 3": "t.a t.b t.c",
    "SELECT list_transform([a], x -> x + c) AS l, [y + b FOR y IN [a]] AS m FROM t": "t.a t.c; t.a t.b",
    "SELECT s.p FROM (SELECT {'p': a, 'q': b} AS s FROM t)": "t.a t.b",
    'SELECT addr.city AS c, "two words" AS w FROM s': "s.addr; s.two words",
    'SELECT A, "B" FROM T': "t.a; t.b",
    "SELECT COLUMNS('a|b') FROM t": "?; ?",
    "SELECT #1 FROM t": "?",
    "SELECT t FROM t": "?",
    "SELECT rowid, a FROM t": "?; t.a",
    "UNPIVOT t ON b, c INTO NAME n VALUE v": "?; ?; ?",
}


@pytest.fixture(scope="module")
def engine():
    connection = duckdb.connect()
    connection.execute(
        "CREATE TABLE t (a INTEGER, b INTEGER, c INTEGER); CREATE TABLE U (a INTEGER, D INTEGER, e INTEGER)"
    )
    connection.execute('CREATE TABLE s (addr STRUCT(city VARCHAR), "two words" INTEGER)')
    yield connection
    connection.close()


def _said(sources):
    return "?" if sources is None else " ".join(sorted(".".join(source) for source in sources))


@pytest.mark.parametrize("sql", QUERIES)
def test_the_sources_of_each_column(engine, sql):
    found = child_lineage.sources_of(sql, INPUTS, list(engine.sql(sql).columns))
    assert [_said(sources) for sources in found] == [part.strip() for part in QUERIES[sql].split(";")]


def test_where_the_engine_answers_with_other_columns_nothing_is_told():
    assert child_lineage.sources_of("SELECT a FROM t", INPUTS, ["b"]) == [None]
    assert child_lineage.sources_of("SELECT a, b FROM t", INPUTS, ["a"]) == [None]


@settings(deadline=None)
@given(parts=st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("abc")), min_size=1, max_size=4))
def test_what_is_no_source_of_a_column_never_moves_it(parts):
    """Another value in a column that is no source leaves the answer's column as it was; a source moves it."""
    sql = (
        "WITH q AS (SELECT * FROM t) SELECT "
        + ", ".join(f"{x} + {y} * 10 AS c{i}" for i, (x, y) in enumerate(parts))
        + " FROM q"
    )
    names = [f"c{i}" for i in range(len(parts))]
    found = child_lineage.sources_of(sql, INPUTS, names)
    with duckdb.connect() as connection:
        for moved in "abc":
            values = ", ".join(f"{2 if name == moved else 1} AS {name}" for name in "abc")
            connection.execute(f"CREATE OR REPLACE TABLE t AS SELECT {values}")
            row = connection.execute(sql).fetchone()
            assert [value != 11 for value in row] == [("t", moved) in sources for sources in found]


def test_it_is_read_in_the_sandbox_and_refused_there():
    inputs = {"t": [Column("a", "BIGINT"), Column("When", "TIMESTAMP WITH TIME ZONE"), Column("d", "DECIMAL(9,2)")]}
    assert sandbox.lineage('SELECT a, "when" AS w, d * a AS x FROM t', inputs) == {
        "a": [("t", "a")],
        "w": [("t", "When")],
        "x": [("t", "a"), ("t", "d")],
    }
    with pytest.raises(SqlRefused, match="no input named"):
        sandbox.lineage("SELECT a FROM other", inputs)
    with pytest.raises(SqlFailed, match="“nothing”"):
        sandbox.lineage("SELECT nothing FROM t", inputs)


@pytest.mark.parametrize("deep", ["a" + " + 1" * 3000, "(" * 400 + "a" + ")" * 400, "[" * 200 + "a" + "]" * 200])
def test_a_query_of_great_depth_ends_in_the_truth_or_in_unknown(deep):
    try:
        found = sandbox.lineage(f"SELECT {deep} AS x FROM t", {"t": [Column("a", "BIGINT")]})
    except (SqlRefused, SqlFailed):
        return  # the engine itself has enough of it
    assert found["x"] in (None, [("t", "a")])


ROW_WISE = {
    "SELECT a + 1 AS x, unnest([b, c]) AS v FROM t WHERE b > 1": "",
    "FROM t": "",
    "SELECT t.a FROM t JOIN u USING (a)": "",
    "SELECT t.a, u.d FROM t LEFT JOIN u USING (a)": "",
    "SELECT t.a FROM u RIGHT JOIN t USING (a)": "",
    "SELECT t.a FROM t ANTI JOIN u USING (a)": "",
    "SELECT t.a, u.e FROM t ASOF JOIN u ON t.a >= u.a": "",
    "SELECT * FROM (SELECT a + 1 AS b FROM T) x": "",
    "WITH q AS (SELECT a, max(d) AS m FROM u GROUP BY a) SELECT t.a, q.m FROM t JOIN q USING (a)": "",
    "SELECT sum(a) AS s FROM t": "sum",
    "SELECT count(*) AS n FROM t": "count_star",
    "SELECT * FROM (SELECT max(a) AS m FROM t)": "max",
    "SELECT geomean(a) AS m FROM t": "geomean",
    "SELECT weighted_avg(a, b) + 1 AS m FROM t": "weighted_avg",
    "SELECT list_sum([a, b]) AS s, roundbankers(a, 1) AS r FROM t": "",
    "SELECT a FROM t GROUP BY a": "GROUP BY",
    "SELECT a FROM t GROUP BY ALL": "GROUP BY",
    "SELECT a FROM t ORDER BY a": "ORDER BY",
    "SELECT a FROM t LIMIT 2": "LIMIT",
    "SELECT DISTINCT a FROM t": "DISTINCT",
    "SELECT a, row_number() OVER () AS n FROM t": "OVER",
    "SELECT a FROM t QUALIFY row_number() OVER () = 1": "QUALIFY",
    "SELECT a FROM t USING SAMPLE 10%": "SAMPLE",
    "SELECT a FROM t UNION ALL SELECT a FROM u": "UNION",
    "SELECT a FROM t EXCEPT SELECT a FROM u": "EXCEPT",
    "WITH q AS (SELECT a FROM t) SELECT * FROM q": "WITH",
    "WITH t AS (SELECT a FROM u) SELECT * FROM t": "WITH",
    "SELECT x.a FROM t JOIN t AS x USING (a)": "JOIN",
    "SELECT t.a FROM u LEFT JOIN t USING (a)": "LEFT JOIN",
    "SELECT t.a FROM t FULL JOIN u USING (a)": "FULL JOIN",
    "SELECT u.a FROM u ANTI JOIN t USING (a)": "ANTI JOIN",
    "SELECT a FROM t WHERE a IN (SELECT a FROM t)": "SELECT",
    "SELECT a FROM u": "FROM",
}


@pytest.mark.parametrize("sql", ROW_WISE)
def test_what_speaks_against_row_by_row(engine, sql):
    assert child_row_wise.construct_against(engine, sql, "t") == ROW_WISE[sql]


@pytest.mark.parametrize("sql", [sql for sql, against in ROW_WISE.items() if not against])
def test_row_by_row_is_the_same_in_two_halves(sql):
    """What the answer promises, held against the engine itself."""
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE u AS SELECT i AS a, i * 2 AS d, i % 3 AS e FROM range(1, 9) r(i)")
        answers = []
        for low, high in ((0, 12), (0, 7), (7, 12)):
            source = f"SELECT i AS a, i % 4 AS b, i % 5 AS c FROM range({low}, {high}) r(i)"
            connection.execute(f"CREATE OR REPLACE TABLE t AS {source}")
            answers.append(connection.execute(sql).fetchall())
    whole, first, second = answers
    assert sorted(whole, key=str) == sorted(first + second, key=str)


def test_the_sandbox_says_what_speaks_against_it():
    assert sandbox.construct_against_rows("SELECT a FROM t", "t") == ""
    assert sandbox.construct_against_rows("SELECT DISTINCT a FROM t", "t") == "DISTINCT"
