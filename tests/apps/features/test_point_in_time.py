"""The join against a slow reference in plain Python, on random cases with ties, late values and expiry."""

import duckdb
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.features.services.joining import JoinedView, join_sql, marked_sql, proof_sql

FEATURES = st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 30), st.integers(0, 15)), max_size=25)
LABELS = st.lists(st.tuples(st.sampled_from("abcd"), st.integers(0, 40)), min_size=1, max_size=25)
TTL = 12


def joined(features, labels, *, created, marked=None):
    con = duckdb.connect()
    con.execute("CREATE TABLE v0 (kk VARCHAR, et TIMESTAMP, cr TIMESTAMP, f INTEGER)")
    con.execute("CREATE TABLE base (n INTEGER, carrier VARCHAR, t TIMESTAMP, y INTEGER)")
    for number, (key, at, late) in enumerate(features):
        con.execute(
            "INSERT INTO v0 SELECT ?, make_timestamp(?), make_timestamp(?), ?",
            [key, at * 1_000_000, (at + late) * 1_000_000, number],
        )
    for number, (key, at) in enumerate(labels):
        con.execute("INSERT INTO base SELECT ?, ?, make_timestamp(?), 1", [number, key, at * 1_000_000])
    view = JoinedView("v0", {"kk": "carrier"}, "et", "cr" if created else "", ("f",), TTL * 1_000_000, marked)
    if marked:
        con.execute(f"CREATE OR REPLACE TABLE v0 AS {marked_sql(view, 'v0')}")
    elif marked is False:
        assert con.execute(f"SELECT bool_and(__shown) FROM ({marked_sql(view, 'v0')})").fetchone()[0] in (True, None)
    sql = join_sql(base_columns=["n", "carrier"], label="y", event_time="t", start_us=None, end_us=None, views=[view])
    con.execute(f"CREATE TABLE joined AS {sql}")
    con.execute("CREATE VIEW source AS SELECT * FROM v0")
    proof = con.execute(proof_sql(event_time="t", view=view)).fetchone()
    rows = con.execute("SELECT n, f, epoch(__event_v0)::INT FROM joined ORDER BY n").fetchall()
    return rows, dict(zip(("joined", "missing", "expired", "violations", "mismatches"), proof[:5], strict=True))


def reference(features, key, at, *, created):
    known = [(e, n) for n, (k, e, late) in enumerate(features) if k == key and e + (late if created else 0) <= at]
    newest = max((event for event, _ in known), default=None)
    return newest, {number for event, number in known if event == newest}


def check(features, labels, created, marked=None):
    rows, proof = joined(features, labels, created=created, marked=marked)
    assert len(rows) == len(labels)  # every label row comes back, once
    for (_, value, event), (key, at) in zip(rows, labels, strict=True):
        newest, candidates = reference(features, key, at, created=created)
        assert event == newest
        expired = newest is not None and at - newest > TTL
        assert (value in candidates) if newest is not None and not expired else value is None
    assert proof["violations"] == proof["mismatches"] == 0
    assert proof["joined"] + proof["missing"] + proof["expired"] == len(labels)


@settings(max_examples=40, deadline=None)
@given(FEATURES, LABELS, st.sampled_from((None, True)))
def test_join_by_event_time_equals_the_reference(features, labels, marked):
    check(features, labels, created=False, marked=marked)


@settings(max_examples=80, deadline=None)
@given(FEATURES, LABELS, st.sampled_from((None, True)))
def test_a_late_correction_is_not_seen_early(features, labels, marked):
    check(features, labels, created=True, marked=marked)


@settings(max_examples=20, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 30), st.just(3)), unique_by=lambda row: row[:2]), LABELS
)
def test_a_view_of_which_every_row_is_seen_needs_no_marks(features, labels):
    check(features, labels, created=True, marked=False)


def test_the_proof_counts_a_value_that_came_from_the_future():
    con = duckdb.connect()
    con.execute("CREATE TABLE source AS SELECT 'a' AS kk, TIMESTAMP '2020-01-02' AS et, 1 AS f")
    con.execute(
        "CREATE TABLE joined AS SELECT 'a' AS carrier, TIMESTAMP '2020-01-01' AS t, 1 AS f,"
        " TIMESTAMP '2020-01-02' AS __event_v0, TIMESTAMP '2020-01-02' AS __known_v0"
    )
    view = JoinedView("v0", {"kk": "carrier"}, "et", "", ("f",), None)
    found = con.execute(proof_sql(event_time="t", view=view)).fetchone()
    assert found[3:5] == (1, 1)
