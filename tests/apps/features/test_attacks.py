"""What somebody tries who means harm, or a program that is broken: each is refused in words."""

from dataclasses import replace
from types import SimpleNamespace
from uuid import UUID, uuid4

import duckdb
import pyarrow as pa
import pytest

from apps.datasets import selectors as datasets
from apps.datasets import services as dataset_services
from apps.features import services
from apps.features.choices import BuildState
from apps.features.models import Feature, Retrieval
from apps.features.services.defining import check_ttl
from apps.features.services.naming import name_and_number
from apps.features.services.online import readers
from apps.features.services.windows.events import events_sql
from apps.features.services.windows.plans import Plan, stored_value
from foundation import clock, lake
from foundation.errors import AccessDenied, Invalid, NotFound, OverQuota
from runtime.expressions import program_of
from tests.apps.features.shared import *  # noqa: F403
from tests.apps.features.stage import DELAYS, SQL, deliver_events


def test_a_text_does_not_grow_beyond_all_memory():
    twenty = "concat(" + ", ".join(["t"] * 20) + ")"
    program = program_of(
        {
            "inputs": {"t": "text"},
            "features": [{"name": "x", "expression": f"concat({', '.join([twenty] * 13)})"}],
        }
    )
    for signs, length in ((15, 3_900), (16, None), (1_000_000, None)):
        one = program.row({"t": "ق" * signs})["x"]
        many = program.batch({"t": pa.array(["ق" * signs] * 2)}, 2)["x"].to_pylist()
        assert (one and len(one)) == length
        assert many == [one, one], "rows and batches differ"


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("delays", ("delays", None)),
        ("delays v2", ("delays", 2)),
        ("delays v²", ("delays v²", None)),
        ("delays v٣", ("delays v٣", None)),
        ("delays v" + "9" * 5_000, ("delays v" + "9" * 5_000, None)),
        ("delays v-1", ("delays v-1", None)),
        ("de\x00lays v2", ("de\ufffdlays", 2)),
    ],
)
def test_a_name_with_a_number_is_read_by_plain_digits_alone(said, meant):
    assert name_and_number(said) == meant


def test_an_odd_name_is_not_there_and_no_fault_of_the_portal(view, scientist, project, subtests):
    for said in ("carrier_delay v²", "carrier_delay v" + "9" * 5_000, "a\x00b", "", "\x00"):
        for words in ({"views": [said]}, {"service": said}):
            with subtests.test(words=words), pytest.raises((NotFound, Invalid)):
                services.online_plan(actor=scientist, asked={**words, "project": project.slug})
    with pytest.raises(NotFound):
        services.online_plan(actor=scientist, asked={"views": ["carrier_delay"], "project": "x\x00"})


def test_whoever_sees_keys_masked_does_not_try_them_out_by_a_dataset_of_their_own(view, flights, project, scientist):
    source = datasets.versions_by_id({UUID(next(iter(view.inputs.values())))})[0]
    dataset_services.classify_columns(actor=scientist, version=source, classes={"carrier": "personal"})
    scopes = frozenset({"feature.define", "feature.view", "dataset.view", "dataset.create"})
    masked = replace(scientist, scopes=scopes)
    asked = {"features": ["carrier_delay:*"], "event_time": "moment", "base_version_id": flights.pk}
    with pytest.raises(AccessDenied, match="you see masked"):
        services.ask_for_history(actor=masked, project=project, **asked)
    with pytest.raises(AccessDenied, match="you see masked"):
        services.define_training_set(
            actor=masked,
            project=project,
            name="guesses",
            base_version_id=flights.pk,
            label="late",
            event_time="moment",
            views=[{"view": str(view.pk), "keys": {"carrier": "carrier"}}],
        )
    # What is covered in the rows as well is nobody's guess.
    dataset_services.classify_columns(actor=scientist, version=flights, classes={"carrier": "personal"})
    assert services.ask_for_history(actor=masked, project=project, **asked).base_version_id == flights.pk


def test_whoever_covers_their_own_guesses_does_not_try_them_out_either(
    view, flights, project, scientist, uploaded, run_jobs
):
    source = datasets.versions_by_id({UUID(next(iter(view.inputs.values())))})[0]
    dataset_services.classify_columns(actor=scientist, version=source, classes={"carrier": "personal"})
    scopes = frozenset({"feature.define", "feature.view", "dataset.view", "dataset.create"})
    masked = replace(scientist, scopes=scopes)
    asked = {"features": ["carrier_delay:*"], "event_time": "moment"}

    def refused(version):
        with pytest.raises(AccessDenied, match="you see masked"):
            services.ask_for_history(actor=masked, project=project, base_version_id=version.pk, **asked)

    # A column of others that they saw in clear, and cover now.
    dataset_services.classify_columns(actor=masked, version=flights, classes={"carrier": "personal"})
    refused(flights)
    # Somebody who sees clear says so, too: then it is no doing of theirs.
    dataset_services.classify_columns(actor=scientist, version=flights, classes={"carrier": "personal"})
    assert services.ask_for_history(actor=masked, project=project, base_version_id=flights.pk, **asked)
    # Rows of their own, whoever says what is in them.
    dataset = dataset_services.create_dataset(actor=masked, project=project, name="guesses")
    upload = uploaded("guesses.csv", b"carrier,moment,late\nAA,2013-02-01 10:00:00,1\n")
    guesses = dataset_services.create_version(actor=masked, dataset=dataset, upload=upload, now=clock.now())
    run_jobs()
    guesses.refresh_from_db()
    said = dict.fromkeys(("carrier", "moment", "late"), "internal") | {"carrier": "personal"}
    dataset_services.classify_columns(actor=scientist, version=guesses, classes=said)
    refused(guesses)


def test_a_column_of_another_type_than_the_key_is_no_key(view, ingested, define):
    numbered = ingested("numbered.csv", b"carrier,moment,late\n1,2013-01-02 10:00:00,1\n2,2013-01-03 10:00:00,0\n")
    with pytest.raises(
        Invalid, match="“carrier” is BIGINT, and carrier_delay v1 is joined by “carrier”, which is VARC"
    ):
        define.training_set(numbered, "wrong", event_time="moment", views=[{"view": view.pk}])


def test_one_token_is_given_few_names_at_the_store(view, scientist, monkeypatch):
    monkeypatch.setattr(readers, "MOST_NAMES", 2)
    asking = replace(scientist, token_id=uuid4())
    asked = {"views": [str(view.pk)]}
    for _ in range(2):
        services.admit_reader(actor=asking, asked=asked, now=clock.now())
    with pytest.raises(OverQuota, match="At most 2 readers"):
        services.admit_reader(actor=asking, asked=asked, now=clock.now())
    other = replace(scientist, token_id=uuid4())
    services.admit_reader(actor=other, asked=asked, now=clock.now())
    for actor in (asking, other):
        assert services.end_readers_of(token_id=actor.token_id) > 0
    services.admit_reader(actor=asking, asked=asked, now=clock.now())
    services.end_readers_of(token_id=asking.token_id)


def test_more_values_than_a_question_may_have_are_refused(view, scientist, monkeypatch):
    monkeypatch.setattr("apps.features.services.online.reading.MOST_VALUES", 1)
    entities = [{"carrier": "AA"}, {"carrier": "DLX"}]
    with pytest.raises(Invalid, match="send fewer entities"):
        services.read_online(actor=scientist, view_ids=[view.pk], entities=entities)


@pytest.mark.parametrize("kind", ["TIMESTAMP", "TIMESTAMPTZ", "DATE"])
def test_an_event_that_never_becomes_known_is_in_no_window(kind):
    select = (
        f"SELECT * FROM (VALUES ('a', TIMESTAMP '2026-01-01', NULL::{kind}, 1), "
        f"('b', TIMESTAMP '2026-01-01', 'infinity'::{kind}, 2), ('c', TIMESTAMP '2026-01-01', '-infinity'::{kind}, 3)) "
        "AS told(who, happened, told, x)"
    )
    told = {"columns": {"x": "INTEGER"}, "known_since": "column"}
    view = SimpleNamespace(event_time="happened", created_column="told", windows=told, sql=select)
    plan = Plan(("who",), "happened", "told", 60, ("x",), ())
    rows = duckdb.connect().execute(events_sql(view, plan, step=1, arrived_us=0)).fetchall()
    assert [(row[0], row[1] is not None) for row in sorted(rows)] == [("a", True), ("b", False), ("c", True)]


def test_a_day_further_off_than_any_microsecond_is_no_event_and_never_known():
    far = "'300000-01-01'::DATE"
    select = (
        f"SELECT * FROM (VALUES ('a', DATE '2026-01-01', DATE '2026-01-02', 1), ('b', {far}, DATE '2026-01-02', 2), "
        f"('c', DATE '2026-01-01', {far}, 3)) AS told(who, happened, told, x)"
    )
    told = {"columns": {"x": "INTEGER", "happened": "DATE", "told": "DATE"}, "known_since": "column"}
    view = SimpleNamespace(event_time="happened", created_column="told", windows=told, sql=select)
    plan = Plan(("who",), "happened", "told", 60, ("x",), ())
    rows = duckdb.connect().execute(events_sql(view, plan, step=1, arrived_us=0)).fetchall()
    assert [(row[0], row[1] is not None) for row in sorted(rows)] == [("a", True), ("b", False), ("c", False)]


@pytest.mark.parametrize("kind", ["TIMESTAMP", "TIMESTAMP WITH TIME ZONE", "DATE"])
def test_a_time_that_no_program_holds_is_no_largest_or_last_value(kind):
    moments = ("9999-12-29", "0001-01-03", "infinity", "-infinity", "10000-01-01")
    listed = ", ".join(f"('{moment}'::{kind})" for moment in moments)
    sql = f"SELECT {stored_value('x', kind)} FROM (VALUES {listed}, (NULL)) AS told(x)"
    found = [row[0] for row in duckdb.connect().execute(sql).fetchall()]
    assert [str(moment)[:4] for moment in found[:2]] == ["9999", "0001"]
    assert found[2:] == [None] * 4


@pytest.mark.parametrize("kind", ["FLOAT", "DOUBLE"])
def test_a_value_that_is_no_number_is_missing_in_every_window(kind):
    listed = ", ".join(f"('{value}'::{kind})" for value in ("nan", "inf", "-inf", "-0.0", "2.5"))
    sql = f"SELECT {stored_value('x', kind)} FROM (VALUES {listed}, (NULL)) AS told(x)"
    found = [row[0] for row in duckdb.connect().execute(sql).fetchall()]
    assert list(map(str, found)) == ["None", "None", "None", "0.0", "2.5", "None"]


def test_an_event_whose_key_no_store_takes_is_left_out_and_counted():
    select = "SELECT * FROM (VALUES ('a', 1), (repeat('ق', 501), 2), (repeat('x', 1000), 3), (NULL, 4)) AS told(who, x)"
    told = {"columns": {"x": "INTEGER"}, "known_since": "event"}
    sql = f"SELECT *, TIMESTAMP '2026-01-01' AS happened FROM ({select})"
    view = SimpleNamespace(event_time="happened", created_column="", windows=told, sql=sql)
    rows = duckdb.connect().execute(
        events_sql(view, Plan(("who",), "happened", "", 60, ("x",), ()), step=1, arrived_us=0)
    )
    assert {row[3]: row[1] is not None for row in rows.fetchall()} == {1: True, 2: False, 3: True, 4: False}


def test_a_time_to_live_that_no_column_holds_is_refused():
    for seconds in (0, -1, 10**11, 2**63, 10**400):
        with pytest.raises(Invalid):
            check_ttl(seconds)
    check_ttl(100 * 365 * 86_400)


def test_a_whole_number_of_hundreds_of_digits_is_missing(view, scientist, project):
    asked = {"features": [{"name": "x", "expression": "n + 1"}], "request": {"n": "whole number"}}
    for given, found in ((10**400, None), (2**63, 2.0**63), (3.0, 4.0)):
        rows = services.try_definition(actor=scientist, project=project, rows=[{"n": given}], **asked)
        assert rows[0]["x"] == found


def test_nothing_of_a_view_that_was_removed_is_kept_elsewhere(
    define, carrier, written, flights, project, scientist, admin, run_jobs, django_capture_on_commit_callbacks
):
    view = define.view(carrier, "removed", SQL, event_time="moment", delays=written("more.csv", DELAYS))
    run_jobs()
    view.refresh_from_db()
    asked = {"features": ["removed:*"], "event_time": "moment", "base_version_id": flights.pk}
    row = services.ask_for_history(actor=scientist, project=project, **asked)
    run_jobs()
    deliver_events("features.catalogue", "features.retrievals", "features.plans")
    known = Feature.objects.get(view=view, name="recent_delay")
    assert (known.current, known.mean is None, Retrieval.objects.get().state) == (True, False, BuildState.READY)
    plans = services.plans_number()
    services.ask_to_remove_view(actor=admin, view=view, confirmation=str(view), break_chain=True)
    run_jobs()
    with django_capture_on_commit_callbacks(execute=True):
        deliver_events("features.catalogue", "features.retrievals", "features.plans")
    known.refresh_from_db()
    assert (known.mean, known.deviation, known.distinct, known.null_share) == (None, None, None, None)
    assert not Retrieval.objects.exists()
    assert f"hr_{row.pk.hex}" not in lake.for_tenant(row.tenant_id).tables()
    assert services.plans_number() > plans
