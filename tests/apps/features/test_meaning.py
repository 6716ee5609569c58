"""What a view may mean: refused where it is defined, with the words by which it is mended."""

from __future__ import annotations

from collections import Counter

import duckdb
import pyarrow as pa
import pytest

from apps.features import services
from apps.features.choices import BuildState
from apps.features.errors import DefinitionRefused
from apps.features.models import Feature
from apps.features.services.unreal import made_missing
from foundation import lake
from runtime import entity_keys
from tests.apps.features.stage import deliver_events

SELECT = "SELECT carrier, moment, {} FROM delays"
REFUSED = [
    ("now()", r"Line 1: NOW reads the clock"),
    ("current_date", r"Line 1: CURRENT_DATE reads the clock"),
    ("\n date_diff('day', moment, today())", r"Line 2: TODAY reads the clock"),
    ("localtimestamp", r"LOCALTIMESTAMP reads the clock"),
    ("age(moment)", r"AGE reads the clock"),
    ("delay + random()", r"RANDOM answers something else each time"),
    ("uuid()", r"UUID answers something else"),
    ("gen_random_uuid()", r"GEN_RANDOM_UUID answers something else"),
    ("first(delay) OVER (PARTITION BY carrier)", r"FIRST OVER takes rows in the order"),
    ("row_number() OVER (PARTITION BY carrier)", r"ROW_NUMBER OVER takes rows in the order"),
    ("(SELECT any_value(delay) FROM delays)", r"ANY_VALUE takes rows in the order"),
    ("(SELECT string_agg(carrier) FROM delays)", r"STRING_AGG takes rows in the order"),
    ("(SELECT delay FROM delays LIMIT 1)", r"LIMIT takes rows in the order"),
    ("moment < ago(INTERVAL 1 DAY)", r"AGO reads the clock"),
    ("(SELECT json_group_array(carrier) FROM delays)", r"JSON_GROUP_ARRAY takes rows in the order"),
    ("(SELECT json_group_structure(carrier) FROM delays)", r"JSON_GROUP_STRUCTURE takes rows in the order"),
    ("sum(delay) OVER (PARTITION BY carrier ROWS 1 PRECEDING)", r"SUM OVER takes rows in the order"),
    ("count(*) OVER (ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING)", r"OVER takes rows in the order"),
    ("(SELECT reservoir_quantile(delay, 0.5) FROM delays)", r"RESERVOIR_QUANTILE answers something else"),
    ("(SELECT approx_quantile(delay, 0.5) FROM delays)", r"APPROX_QUANTILE answers something else"),
    ("row_number() OVER (PARTITION BY carrier ORDER BY 1)", r"ROW_NUMBER OVER takes rows in the order"),
    ("lag(delay) OVER (PARTITION BY carrier ORDER BY Carrier, NULL)", r"LAG OVER takes rows in the order"),
    ("(SELECT first(delay ORDER BY 1) FROM delays)", r"FIRST takes rows in the order"),
    ("(SELECT list(DISTINCT carrier)[1] FROM delays)", r"LIST takes rows in the order"),
    ("{'a': \"current_timestamp\"}.a", r"CURRENT_TIMESTAMP reads the clock"),
    ("list_transform([delay], x -> x + random())[1]", r"RANDOM answers something else"),
    ("[get_current_time() FOR x IN [1]][1]", r"GET_CURRENT_TIME reads the clock"),
    ("make_timestamp(epoch_us(transaction_timestamp()))", r"TRANSACTION_TIMESTAMP reads the clock"),
    ("setseed(0.5)", r"SETSEED answers something else"),
]
KEPT = [
    "age(moment, TIMESTAMP '2013-01-01')",
    "last(delay ORDER BY moment)",
    "lag(delay) OVER (PARTITION BY carrier ORDER BY moment)",
    "(SELECT delay FROM delays ORDER BY moment LIMIT 1)",
    "list_aggregate([delay], 'sum')",
    "(SELECT max(delay) FROM delays)",
    "sum(delay) OVER (PARTITION BY carrier)",
    "sum(delay) OVER (PARTITION BY carrier ORDER BY moment ROWS 1 PRECEDING)",
    "count(*) OVER (ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)",
    "list_any_value([delay])",
    "row_number() OVER (PARTITION BY carrier ORDER BY carrier, moment)",
    "(SELECT list(DISTINCT carrier ORDER BY carrier)[1] FROM delays)",
    "(SELECT string_agg(carrier, ',' ORDER BY carrier) FROM delays)",
    "(SELECT list_sort(array_agg(carrier))[1] FROM delays)",
    "hash(carrier)",
    "make_timestamp(delay)",
    "(SELECT map_keys(histogram(carrier))[1] FROM delays)",
]


def test_sql_that_could_answer_otherwise_tomorrow_is_told_by_its_word_and_line():
    for expression, sentence in REFUSED:
        with pytest.raises(DefinitionRefused, match=sentence) as refusal:
            services.check_steady(SELECT.format(expression), ["carrier", "moment", "delay"])
        assert "sql" in refusal.value.fields
    for whole, sentence in (
        ("SELECT DISTINCT ON (carrier) carrier, moment, delay FROM delays", "DISTINCT ON takes rows in the order"),
        ("SELECT * FROM delays LIMIT 10", "LIMIT takes rows in the order"),
        ("SELECT * FROM delays USING SAMPLE 10%", "SAMPLE takes rows by chance"),
        ("SELECT a.* FROM delays a POSITIONAL JOIN delays b", "POSITIONAL JOIN takes rows by chance"),
        ("WITH x AS (SELECT now() AS n) SELECT * FROM delays, x", "NOW reads the clock"),
    ):
        with pytest.raises(DefinitionRefused, match=sentence):
            services.check_steady(whole, ["carrier"])


def test_sql_that_answers_the_same_is_kept():
    for expression in KEPT:
        services.check_steady(SELECT.format(expression), ["carrier", "moment", "delay"])
    # A column of the data is none of the clock's, whatever it is called.
    services.check_steady("SELECT current_date, carrier FROM delays", ["current_date", "carrier"])


def test_a_definition_that_no_store_could_hold_is_refused(define, carrier, ingested):
    delays = ingested("delays.csv", b"carrier,moment,delay,size\nAA,2013-01-01 09:00:00,5,1.5\n")
    cases = [
        (
            "SELECT carrier, moment, {'a': delay} AS d FROM delays",
            "moment",
            "“d” is of type STRUCT.*a column of its own",
        ),
        ("SELECT carrier, moment, [delay] AS d FROM delays", "moment", r"“d” is of type BIGINT\[\]"),
        ("SELECT carrier, moment, moment - moment AS d FROM delays", "moment", "“d” is of type INTERVAL"),
        ("SELECT size AS carrier, moment, delay FROM delays", "moment", "“carrier” is of type DOUBLE.*Cast it to text"),
        (
            "SELECT '6c0d7b3e-8b1b-4b4b-9e54-7c1a2a4f3f10'::UUID AS carrier, moment, delay FROM delays",
            "moment",
            "“carrier” is of type UUID.*Cast it to text.*carrier::VARCHAR",
        ),
        (
            "SELECT carrier, delay AS moment, delay FROM delays",
            "moment",
            r"“moment” is of type BIGINT; a time is wanted.*to_timestamp\(moment\) AS moment",
        ),
        ("SELECT carrier, moment, delay FROM delays", "", "needs an event time"),
        ("SELECT carrier, moment, delay FROM delays", "when", "gives no column “when”"),
    ]
    for sql, event_time, sentence in cases:
        with pytest.raises(DefinitionRefused, match=sentence):
            define.view(carrier, "wrong", sql, event_time=event_time, delays=delays)
    words = {
        "entity": carrier,
        "name": "w",
        "sql": cases[-1][0],
        "inputs": {"delays": delays.pk},
        "event_time": "moment",
    }
    with pytest.raises(DefinitionRefused, match="time to live of 0 seconds would forget"):
        services.define_view(**define._by, **words, ttl_seconds=0)
    carrier.refresh_from_db()
    assert carrier.key_types == {}


def test_an_entity_has_the_types_of_its_first_view_and_keeps_them(define, carrier, ingested):
    delays = ingested("delays.csv", b"carrier,moment,delay\n7,2013-01-01 09:00:00,5\n")
    define.view(
        carrier, "texts", "SELECT carrier::VARCHAR AS carrier, moment, delay FROM d", event_time="moment", d=delays
    )
    carrier.refresh_from_db()
    assert carrier.key_types == {"carrier": "text"}
    with pytest.raises(DefinitionRefused, match="“carrier” is of type BIGINT here, and a text in the entity carrier"):
        define.view(carrier, "numbers", "SELECT carrier, moment, delay FROM d", event_time="moment", d=delays)


def test_what_is_no_number_or_infinite_is_missing_and_counted(define, carrier, ingested, run_jobs):
    """Offline the rows have nulls; what goes online is made of these rows."""
    delays = ingested("delays.csv", b"carrier,moment,delay\nAA,2013-01-01 09:00:00,0\nBB,2013-01-01 09:00:00,5\n")
    sql = "SELECT carrier, moment, CASE delay WHEN 0 THEN 'inf'::DOUBLE ELSE 1 END AS share, "
    sql += "CASE delay WHEN 0 THEN 'nan'::FLOAT ELSE 1 END AS log, delay FROM d"
    view = define.view(carrier, "shares", sql, event_time="moment", d=delays)
    run_jobs()
    view.refresh_from_db()
    assert view.state == BuildState.READY, view.failure
    rows = lake.for_tenant(view.tenant_id).query(
        "SELECT share, log FROM r ORDER BY carrier", {"r": lake.TableAt(view.lake_table, view.lake_snapshot)}
    )
    first, second = rows.read_all().to_pylist()
    assert first == {"share": None, "log": None}
    assert second["share"] == 1.0
    told = {feature["name"]: feature.get("unreal", 0) for feature in view.features}
    assert told == {"share": 1, "log": 1, "delay": 0}


def test_a_feature_says_how_many_of_its_missing_values_were_no_number(define, carrier, ingested, run_jobs, client_as):
    delays = ingested("delays.csv", b"carrier,moment,delay\nAA,2013-01-01 09:00:00,0\nBB,2013-01-01 09:00:00,5\n")
    sql = "SELECT carrier, moment, CASE delay WHEN 0 THEN 'inf'::DOUBLE ELSE 1 END AS share, delay FROM d"
    view = define.view(carrier, "shares", sql, event_time="moment", d=delays)
    run_jobs()
    deliver_events()
    client = client_as(define._by["actor"])
    for name, said in (("share", True), ("delay", False)):
        feature = Feature.objects.get(view=view, name=name)
        page = client.get(f"/t/acme/p/flights/features/catalogue/{feature.pk}/").content.decode()
        assert ("one was NaN or infinite" in page) is said


def test_nan_and_infinities_become_nulls_batch_by_batch():
    batch = pa.record_batch({"a": [1.0, float("nan"), float("inf"), None], "b": [1, 2, 3, 4]})
    counts: Counter[str] = Counter()
    reader = pa.RecordBatchReader.from_batches(batch.schema, [batch, batch])
    table = made_missing(reader, counts, ["a", "b"]).read_all()
    assert table.column("a").to_pylist() == [1.0, None, None, None] * 2
    assert counts == {"a": 4}
    assert table.schema == batch.schema


MOMENTS = ("9999-12-29", "0001-01-03", "infinity", "-infinity", "10000-01-01", "0044-03-15 (BC)")


@pytest.mark.parametrize("kind", ["DATE", "TIMESTAMP", "TIMESTAMPTZ", "TIMESTAMP_S", "TIMESTAMP_MS"])
def test_times_that_are_infinite_or_that_no_program_holds_become_nulls(kind):
    listed = ", ".join(f"('{moment}'::{kind})" for moment in MOMENTS)
    rows = duckdb.connect().execute(f"SELECT moment FROM (VALUES {listed}, (NULL)) AS told(moment)").to_arrow_reader()
    counts: Counter[str] = Counter()
    found = made_missing(rows, counts, ["moment"]).read_all().column("moment").to_pylist()
    assert [moment.year for moment in found[:2]] == [9999, 1]
    assert found[2:] == [None] * 5
    assert counts == {"moment": 4}


def test_when_a_row_became_known_is_no_feature_and_stays_as_it_is():
    rows = duckdb.connect().execute("SELECT 'infinity'::TIMESTAMP AS known, 'inf'::FLOAT AS x").to_arrow_reader()
    found = made_missing(rows, Counter(), ["x"]).read_all()
    assert (found.column("known").null_count, found.column("x").null_count) == (0, 1)


def test_a_time_without_end_goes_online_as_missing(define, carrier, ingested, run_jobs):
    delays = ingested("delays.csv", b"carrier,moment,delay\nAA,2013-01-01 09:00:00,0\nBB,2013-01-01 09:00:00,5\n")
    sql = "SELECT carrier, moment, CASE delay WHEN 0 THEN 'infinity'::TIMESTAMP ELSE moment END AS until FROM d"
    view = define.view(carrier, "spans", sql, event_time="moment", d=delays)
    run_jobs()
    view.refresh_from_db()
    assert (view.state, view.online_keys, view.features[0]["unreal"]) == (BuildState.READY, 2, 1), view.failure
    rows = services.read_online(
        actor=define._by["actor"], view_ids=[view.pk], entities=[{"carrier": "AA"}, {"carrier": "BB"}]
    )
    assert [row["features"]["until"] is None for row in rows] == [True, False]


def test_a_key_that_is_a_document_is_refused_where_rows_are_computed(define, carrier, ingested, run_jobs):
    long = b"x" * (entity_keys.MOST_BYTES + 1)
    delays = ingested(
        "delays.csv", b"carrier,moment,delay\nAA,2013-01-01 09:00:00,0\n" + long + b",2013-01-01 09:00:00,5\n"
    )
    view = define.view(carrier, "long", "SELECT carrier, moment, delay FROM d", event_time="moment", d=delays)
    run_jobs()
    view.refresh_from_db()
    assert view.state == BuildState.FAILED
    assert "1 of 2 rows have a key of more than 1000 bytes" in view.failure
    with pytest.raises(DefinitionRefused, match="longer than 1000 bytes"):
        services.read_online(actor=define._by["actor"], view_ids=[view.pk], entities=[{"carrier": "x" * 10_000}])
