from datetime import UTC, datetime
from uuid import uuid4

import pytest

from apps.features import selectors, services
from apps.features.choices import BuildState
from apps.features.errors import DefinitionRefused
from foundation import jobs, lake
from foundation.errors import AccessDenied, Invalid, NotFound
from tests.apps.features.stage import DELAYS, SQL
from tests.support.history import acts_on, done_by


def test_a_view_is_computed_counted_and_put_online(view, scientist):
    assert view.state == BuildState.READY, view.failure
    assert (view.row_count, view.online_keys, view.feature_names) == (3, 2, ["recent_delay"])
    found = services.read_online(actor=scientist, view_ids=[view.pk], entities=[{"carrier": "AA"}, {"carrier": "ZZ"}])
    assert found[0]["features"] == {"recent_delay": 50}
    assert found[1]["missing"] == ["carrier_delay v1"]


def test_a_training_set_sees_only_what_was_known(view, flights, scientist, project, run_jobs):
    row = services.define_training_set(
        actor=scientist,
        project=project,
        name="late",
        base_version_id=flights.pk,
        label="late",
        event_time="moment",
        views=[{"view": view.pk}],
        window_start=datetime(2013, 1, 2, tzinfo=UTC),
        window_end=datetime(2013, 1, 20, tzinfo=UTC),
    )
    run_jobs()
    row.refresh_from_db()
    assert row.state == BuildState.READY, row.failure
    assert row.row_count == 2 * 18
    proof = row.leakage_proof
    assert (proof["violations"], proof["mismatches"], proof["views"][0]["missing"]) == (0, 0, 3)
    rows = lake.for_tenant(row.tenant_id).read(selectors.training_table(row)).read_all().to_pylist()
    by_day = {(r["carrier"], r["moment"].day): r["recent_delay"] for r in rows}
    assert (by_day["AA", 9], by_day["AA", 10], by_day["DLX", 4], by_day["DLX", 5]) == (5, 50, None, 7)


CORRECTED = b"""carrier,moment,told,delay
AA,2013-01-04 00:00:00,2013-01-04 06:00:00,4
AA,2013-01-06 00:00:00,2013-01-06 06:00:00,6
AA,2013-01-04 00:00:00,2013-01-08 06:00:00,40
AA,2013-01-06 00:00:00,2013-01-11 06:00:00,60
"""


def test_what_is_corrected_later_is_seen_later(carrier, ingested, flights, scientist, project, run_jobs, client_as):
    """And a correction of what was over by then never, at no label's time."""
    view = services.define_view(
        actor=scientist,
        project=project,
        entity=carrier,
        name="corrected",
        sql="SELECT carrier, moment, told, delay AS recent_delay FROM delays",
        inputs={"delays": ingested("corrected.csv", CORRECTED).pk},
        event_time="moment",
        created_column="told",
    )
    run_jobs()
    view.refresh_from_db()
    assert (view.state, view.row_count, view.marked) == (BuildState.READY, 4, True)
    assert [column["name"] for column in view.profile["columns"]] == ["carrier", "moment", "told", "recent_delay"]
    online = services.read_online(actor=scientist, view_ids=[view.pk], entities=[{"carrier": "AA"}])
    assert online[0]["features"] == {"recent_delay": 60}
    row = services.define_training_set(
        actor=scientist,
        project=project,
        name="seen",
        base_version_id=flights.pk,
        label="late",
        event_time="moment",
        views=[{"view": view.pk}],
    )
    run_jobs()
    row.refresh_from_db()
    assert row.state == BuildState.READY, row.failure
    rows = lake.for_tenant(row.tenant_id).read(selectors.training_table(row)).read_all().to_pylist()
    by_day = {r["moment"].day: r["recent_delay"] for r in rows if r["carrier"] == "AA"}
    assert [by_day[day] for day in range(3, 13)] == [None, 4, 4, 6, 6, 6, 6, 6, 60, 60]
    # Whoever opts out sees it early, and whoever looks is told.
    words = {"base_version_id": flights.pk, "label": "late", "event_time": "moment", "views": [{"view": view.pk}]}
    early = services.define_training_set(
        actor=scientist, project=project, name="early", ignore_known_since=True, **words
    )
    run_jobs()
    early.refresh_from_db()
    assert early.state == BuildState.READY, early.failure
    rows = lake.for_tenant(row.tenant_id).read(selectors.training_table(early)).read_all().to_pylist()
    by_day = {r["moment"].day: r["recent_delay"] for r in rows if r["carrier"] == "AA"}
    assert [by_day[day] for day in range(3, 13)] == [None, 40, 40, 60, 60, 60, 60, 60, 60, 60]
    proof = early.leakage_proof
    assert (proof["violations"], proof["mismatches"], proof["early"], proof["views"][0]["early"]) == (0, 0, 7, 7)
    assert done_by(scientist, "training_set.known_since_ignored") in acts_on("training_set", early)
    assert "7 values were not known yet" in selectors.leakage_in_words(early)
    assert selectors.early_in_words(row) == ""
    opened = client_as(scientist).get(f"/t/acme/p/flights/features/training-sets/{early.pk}/").content.decode()
    assert "Corrections are seen early" in opened
    assert "7 seen early" in opened


def test_a_table_without_views_or_time_becomes_a_training_set(flights, scientist, project, run_jobs):
    row = services.define_training_set(
        actor=scientist, project=project, name="plain", base_version_id=flights.pk, label="late", features=["carrier"]
    )
    run_jobs()
    row.refresh_from_db()
    assert (row.state, row.row_count, row.leakage_proof["by_time"]) == (BuildState.READY, 56, False)


WRONG = [
    ("SELECT * FROM delays; DROP TABLE delays", "one"),
    ("SELECT * FROM lake.ducklake_table", "input|table|Only"),
    ("SELECT * FROM read_csv('/etc/passwd')", "read_csv"),
    ("SELECT * FROM ds_other_tenant", "ds_other_tenant"),
    ("SELECT carrier, moment FROM delays", "no feature"),
    ("SELECT carrier, delay FROM delays", "“moment”"),
    ("SELECT moment, delay FROM delays", "“carrier”"),
    ("SELECT carrier, delay AS moment, delay FROM delays", "a time is wanted"),
    ("SELECT carrier, moment, nothing FROM delays", "nothing"),
    ("SELECT carrier, moment, delay AS __shown FROM delays", "“__shown” begins with two underscores"),
]


def test_a_definition_that_cannot_be_right_is_refused_in_words(define, carrier, written, subtests):
    delays = written("delays.csv", DELAYS)
    for sql, said in WRONG:
        with subtests.test(sql=sql), pytest.raises(Invalid, match=said):
            define.view(carrier, "x", sql, event_time="moment", delays=delays)


TAKEN = {
    "late": "SELECT carrier, moment AS at, delay AS late FROM d",
    "LATE": "SELECT carrier, moment AS at, delay AS LATE FROM d",
    "moment": "SELECT carrier, moment AS at, moment, delay FROM d",
    "carrier": "SELECT carrier AS airline, moment AS at, carrier, delay FROM d",
}


def test_a_feature_called_like_the_label_a_time_or_a_key_is_refused(define, carrier, flights, written, run_jobs):
    """It would be one column with it: the label among what is learned from."""
    rows, airline = written("delays.csv", DELAYS), define.entity("airline")
    views = {
        name: define.view(airline if name == "carrier" else carrier, f"view_{n}", sql, event_time="at", d=rows)
        for n, (name, sql) in enumerate(TAKEN.items())
    }
    run_jobs()
    for name, view in views.items():
        part = {"view": view.pk, "keys": {view.entity.name: "carrier"}}
        with pytest.raises(DefinitionRefused, match=f"“{name}” would be there twice|“{name}”, “late” would"):
            define.training_set(flights, "x", event_time="moment", features=[], views=[part])
    only = {"view": views["moment"].pk, "features": ["delay"]}
    assert define.training_set(flights, "x", event_time="moment", features=["carrier"], views=[only]).number == 1


def test_a_time_to_live_of_zero_is_refused(scientist, project, carrier, ingested):
    delays = ingested("delays.csv", DELAYS)
    with pytest.raises(DefinitionRefused, match="forget every value"):
        services.define_view(
            actor=scientist,
            project=project,
            entity=carrier,
            name="x",
            sql=SQL,
            inputs={"delays": delays.pk},
            event_time="moment",
            ttl_seconds=0,
        )


def test_another_tenants_version_is_no_input(other_scientist, scientist, project, carrier):
    with pytest.raises(NotFound):
        services.define_view(
            actor=scientist,
            project=project,
            entity=carrier,
            name="x",
            sql=SQL,
            inputs={"delays": uuid4()},
            event_time="moment",
        )


def test_a_viewer_defines_nothing(viewer, project):
    with pytest.raises(AccessDenied, match="define features"):
        services.define_entity(actor=viewer, project=project, name="x", join_keys=["x"])


def test_label_as_feature_is_refused(flights, scientist, project):
    with pytest.raises(DefinitionRefused, match="cannot be a feature too"):
        services.define_training_set(
            actor=scientist, project=project, name="x", base_version_id=flights.pk, label="late", features=["late"]
        )


def test_a_view_and_a_training_set_that_are_cancelled_name_who_did(flights, queued_view, scientist, project, officer):
    row = services.define_training_set(
        actor=scientist, project=project, name="late", base_version_id=flights.pk, label="late"
    )
    for kind, thing in (("feature_view", queued_view), ("training_set", row)):
        jobs.cancel_of(actor=officer, subject=(kind, thing.pk))
        thing.refresh_from_db()

        assert (thing.state, thing.failure) == (BuildState.CANCELLED, "Cancelled by The officer.")
        assert acts_on(kind, thing) == [done_by(scientist, f"{kind}.defined"), done_by(officer, f"{kind}.cancelled")]


def test_a_view_whose_way_online_is_cancelled_stays_ready(queued_view, officer, run_jobs):
    run_jobs(at_most=1)
    jobs.cancel_of(actor=officer, subject=("feature_view", queued_view.pk))
    queued_view.refresh_from_db()

    assert (queued_view.state, queued_view.online_at) == (BuildState.READY, None)
    assert acts_on("feature_view", queued_view)[-1] == done_by(officer, "feature_view.materialisation_cancelled")
