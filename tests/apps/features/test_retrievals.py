"""Features of the past for rows of one's own: asked for, joined, read by whoever asked, and gone after a day."""

import io
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from apps.datasets import selectors as datasets
from apps.datasets import services as dataset_services
from apps.features import selectors, services
from apps.features.choices import BuildState
from apps.features.models import Retrieval
from foundation import lake
from foundation.clock import now
from foundation.errors import AccessDenied, Invalid, NotFound
from tests.apps.features.shared import *  # noqa: F403
from tests.support.history import acts_on, done_by

# Out of order, one twice, one whose key nobody knows, one without a key, and one before everything.
ROWS = b"""carrier,moment,late
DLX,2013-01-05 00:00:00,1
AA,2013-01-10 08:59:59,0
AA,2013-01-10 09:00:00,1
AA,2013-01-10 09:00:00,1
ZZ,2013-01-10 09:00:00,0
,2013-01-10 09:00:00,0
AA,2013-01-01 08:00:00,1
"""
WANTED = [("DLX", 7), ("AA", 5), ("AA", 50), ("AA", 50), ("ZZ", None), (None, None), ("AA", None)]


def as_order(rows):
    return sorted(rows, key=str)


@pytest.fixture
def ask(scientist, project):
    def asking(features=("carrier_delay:recent_delay",), **words):
        words = {"actor": scientist, "event_time": "moment", **words}
        return services.ask_for_history(project=project, features=list(features), **words)

    return asking


def test_rows_that_were_sent_come_back_once_each_with_what_was_known(
    view, uploaded, project, api_as, scientist, viewer, run_jobs
):
    api = api_as(scientist)
    body = {"project": project.slug, "features": ["carrier_delay:*"], "event_time": "moment"}
    body |= {"upload": str(uploaded("rows.csv", ROWS).pk)}
    asked = api.post("/api/v1/historical-features/", body, content_type="application/json")
    assert asked.status_code == 202, asked.json()
    path = f"/api/v1/historical-features/{asked.json()['id']}/"
    assert api.get(f"{path}rows/").json()["detail"] == "There are no rows yet: the join is Building."
    run_jobs()
    said = api.get(path).json()
    assert (said["state"], said["row_count"], said["warnings"]) == ("ready", 7, []), said["failure"]
    assert said["times"].startswith("Times without a zone are UTC")
    assert {name: said["leakage_proof"]["views"][0][name] for name in ("joined", "missing", "mismatches")} == {
        "joined": 4,
        "missing": 3,
        "mismatches": 0,
    }
    parquet = pq.read_table(io.BytesIO(b"".join(api.get(f"{path}rows/"))))
    arrow = pa.ipc.open_file(io.BytesIO(b"".join(api.get(f"{path}rows/?form=arrow")))).read_all()
    csv = pyarrow.csv.read_csv(io.BytesIO(b"".join(api.get(f"{path}rows/?form=csv&exact=1"))))
    for table in (parquet, arrow, csv):
        assert table.column_names == ["carrier", "moment", "late", "recent_delay"]
    for table in (parquet, arrow):
        pairs = zip(table.column("carrier").to_pylist(), table.column("recent_delay").to_pylist(), strict=True)
        assert as_order(pairs) == as_order(WANTED)
    assert api_as(viewer).get(f"{path}rows/").status_code == 403
    told = acts_on("retrieval", Retrieval.objects.get(pk=said["id"]))
    assert told == [done_by(scientist, f"retrieval.{kind}") for kind in ("asked", "ready", "read", "read", "read")]
    assert api.delete(path).status_code == 204
    assert api.get(path).status_code == 404


def test_rows_of_a_version_are_joined_and_gone_after_a_day(view, flights, ask, run_jobs, scientist):
    row = ask(base_version_id=flights.pk, full_names=True)
    run_jobs()
    row.refresh_from_db()
    assert (row.state, row.row_count) == (BuildState.READY, 56), row.failure
    assert row.columns[-1]["name"] == "carrier_delay__recent_delay"
    tables = lake.for_tenant(row.tenant_id)
    assert tables.exists(row.lake_table)
    Retrieval.objects.filter(pk=row.pk).update(kept_until=now() - timedelta(seconds=1))
    services.forget_old_retrievals()
    assert not Retrieval.objects.filter(pk=row.pk).exists()
    with pytest.raises(NotFound, match="kept for a day"):
        selectors.get_retrieval(actor=scientist, retrieval_id=row.pk)


def test_what_a_view_rests_on_takes_retrievals_along(view, flights, ask, run_jobs):
    row = ask(base_version_id=flights.pk)
    run_jobs()
    services.forget_retrievals_of(row.tenant_id, {view.pk})
    assert not Retrieval.objects.filter(pk=row.pk).exists()


UNJOINABLE = [
    ({"features": ["nowhere:f"]}, "names no feature of a view that is ready here. There are: “carrier_delay”"),
    ({"features": ["carier_delay:f"]}, "Did you mean “carrier_delay”"),
    ({"features": ["carrier_delay"]}, "names a view and no feature of it. Write carrier_delay:\\* for all"),
    ({"features": ["carrier_delay@7:recent_delay"]}, "names no feature of a view that is ready"),
    ({"features": ["carrier_delay v1:unknown"]}, "has no feature “unknown”. It has: recent_delay"),
    ({"features": [], "service": "late"}, "no feature service “late” here. There is none yet"),
    ({"features": []}, "Name the features"),
    ({"event_time": "when"}, "no column “when”. Say which one has the event time; they have: carrier"),
    ({"event_time": "carrier"}, "an event time is a time. Write each like 2026"),
    ({"keys": {"airport": "carrier"}}, "a join key of none of the views"),
    ({"keys": {"carrier": "airline"}}, "no column “airline”"),
    ({"base_version_id": None}, "Say where the rows come from"),
]


def test_what_cannot_be_joined_is_refused_before_anything_runs(view, flights, ask, subtests):
    for words, said in UNJOINABLE:
        with subtests.test(words=words), pytest.raises(Invalid, match=said):
            ask(**{"base_version_id": flights.pk, **words})
    assert not Retrieval.objects.exists()


def test_a_key_of_another_type_is_told_and_nothing_is_kept(view, uploaded, ask, run_jobs):
    before = tables_of_rows(view)
    written = io.BytesIO()
    pq.write_table(pa.table({"carrier": [1], "moment": [datetime(2013, 1, 20)]}), written)
    row = ask(upload_id=uploaded("n.parquet", written.getvalue()).pk)
    # Of a CSV nobody can say what its digits are: they are what the view's keys are.
    digits = ask(upload_id=uploaded("n.csv", b"carrier,moment\n1,2013-01-05 00:00:00\n").pk)
    run_jobs()
    row.refresh_from_db()
    digits.refresh_from_db()
    assert (digits.state, digits.columns[0]["type"]) == (BuildState.READY, "VARCHAR"), digits.failure
    assert row.state == BuildState.FAILED
    assert "is BIGINT" in row.failure and "never meet" in row.failure
    assert tables_of_rows(view) - before == {digits.lake_table}


def tables_of_rows(view):
    return {table for table in lake.for_tenant(view.tenant_id).tables() if table.startswith(("hr_", "hl_"))}


def test_what_is_covered_comes_out_masked_for_whoever_sees_it_so(view, flights, ask, run_jobs, scientist):
    version = datasets.versions_by_id({UUID(next(iter(view.inputs.values())))})[0]
    for covered, classes in ((version, {"delay": "personal"}), (flights, {"carrier": "personal"})):
        dataset_services.classify_columns(actor=scientist, version=covered, classes=classes)
    masked = replace(scientist, scopes=frozenset({"feature.define", "feature.view", "dataset.view"}))
    row = ask(base_version_id=flights.pk)
    run_jobs()
    row.refresh_from_db()
    tables = {}
    for reader in (scientist, masked):
        pieces = services.retrieval_stream(actor=reader, retrieval=row, form="parquet")
        tables[reader.scopes] = pq.read_table(io.BytesIO(b"".join(pieces)))
    clear, hidden = tables[scientist.scopes], tables[masked.scopes]
    assert {"AA", "DLX"} == set(clear.column("carrier").to_pylist())
    assert not {"AA", "DLX"} & set(hidden.column("carrier").to_pylist())
    assert not {5, 50, 7} & set(hidden.column("recent_delay").to_pylist())
    assert hidden.column("late").equals(clear.column("late"))


def test_whoever_sees_keys_masked_does_not_ask_by_rows_of_their_own(view, uploaded, ask, scientist):
    version = datasets.versions_by_id({UUID(next(iter(view.inputs.values())))})[0]
    dataset_services.classify_columns(actor=scientist, version=version, classes={"carrier": "personal"})
    masked = replace(scientist, scopes=frozenset({"feature.define", "feature.view", "dataset.view", "dataset.create"}))
    with pytest.raises(AccessDenied, match="you see masked"):
        ask(actor=masked, upload_id=uploaded("rows.csv", ROWS).pk)
