"""Transformations run in the order of the data, each once, and what fails stops what is below it and nothing else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest

from apps.datasets import selectors, services
from apps.datasets.choices import ColumnClass, VersionState
from apps.datasets.errors import DefinitionRefused
from apps.datasets.models import DatasetVersion, TransformationPass
from apps.datasets.services import due as clock
from foundation import lake
from foundation.clock import now
from foundation.errors import Conflict, Invalid
from tests.apps.datasets.transformation_stage import made_by as made_by
from tests.apps.datasets.transformation_stage import own_ledger as own_ledger
from tests.apps.datasets.transformation_stage import passes_of as passes_of
from tests.apps.datasets.transformation_stage import settle as settle


def rows_of(dataset):
    version = selectors.latest_ready(dataset)
    return lake.for_tenant(version.tenant_id).read(selectors.table_at(version)).read_all().to_pylist()


def changed(transformation, actor, **more):
    definition = selectors.definition_of(transformation)
    words = {"sql": definition.sql, "inputs": definition.inputs, "now": now(), **more}
    return services.define_transformation(actor=actor, transformation=transformation, **words)


def test_a_diamond_is_made_once_and_in_order(scientist, written, made_by, settle, passes_of):
    """raw → left, right → both: `both` waits for the two, though each of them tells of itself."""
    raw = written("raw", b"k,v\n1,10\n2,20\n")
    left = made_by("left", "SELECT k, v + 1 AS v FROM raw")
    right = made_by("right", "SELECT k, v * 2 AS w FROM raw")
    services.run_transformation_now(actor=scientist, transformation=left)
    services.run_transformation_now(actor=scientist, transformation=right)
    settle()
    both = made_by("both", 'SELECT k, v, w FROM "left" JOIN "right" USING (k)', review=False)
    services.run_transformation_now(actor=scientist, transformation=both)
    settle()
    written("raw", b"k,v\n3,30\n", dataset=raw.dataset)
    settle()
    assert rows_of(both.output) == [{"k": 3, "v": 31, "w": 60}]
    assert [state for state, _mode, _note in passes_of(both)] == ["succeeded", "succeeded"]
    version = selectors.latest_ready(both.output)
    assert version.source["definition"] == 1
    assert set(version.source["inputs"]) == {"left", "right"}
    assert version.source["column_sources"]["w"] == [["right", "w"]]

    with pytest.raises(Conflict, match="made of these versions already: both v2"):
        services.run_transformation_now(actor=scientist, transformation=both)
    settle()
    assert both.output.versions.count() == 2

    # By hand and with all below: everything again of a new definition, what it rests on first.
    changed(left, scientist, sql="SELECT k, v + 5 AS v FROM raw")
    services.run_transformation_now(actor=scientist, transformation=left, below=True)
    settle()
    assert rows_of(both.output) == [{"k": 3, "v": 35, "w": 60}]
    assert [row.number for row in left.definitions.all()] == [2, 1]


def test_a_failure_stops_those_below_it_until_it_is_mended(scientist, written, made_by, settle, passes_of):
    raw = written("raw", b"k,v\n1,x\n2,y\n")
    bad = made_by("bad", "SELECT k, length(v) AS v FROM raw")
    good = made_by("good", "SELECT k FROM raw", trigger="input")
    services.run_transformation_now(actor=scientist, transformation=bad, below=True)
    services.run_transformation_now(actor=scientist, transformation=good)
    settle()
    last = made_by("last", "SELECT bad.k, bad.v FROM bad JOIN good USING (k)")
    services.run_transformation_now(actor=scientist, transformation=last)
    settle()
    changed(bad, scientist, sql="SELECT k, CAST(v AS INTEGER) AS v FROM raw")
    written("raw", b"k,v\n3,z\n", dataset=raw.dataset)
    settle()

    state, _mode, note = passes_of(bad)[-1]
    assert state == "failed"
    assert "A value in the data does not fit" in note
    assert "z" not in note.split()
    assert passes_of(good)[-1][0] == "succeeded"
    assert passes_of(last)[-1][::2] == (
        "skipped",
        "“bad”, which it is made from, could not be made; mend that first, or run this by hand.",
    )
    assert selectors.latest_ready(last.output).number == 1  # the last good version is untouched

    changed(bad, scientist, sql="SELECT k, length(v) AS v FROM raw")
    services.run_transformation_now(actor=scientist, transformation=bad)
    settle()
    assert rows_of(last.output) == [{"k": 3, "v": 1}]


@pytest.fixture
def growing(scientist, project):
    """A dataset whose versions are snapshots of one table that rows are appended to."""
    dataset = services.create_dataset(actor=scientist, project=project, name="events")
    tables, table = lake.for_tenant(project.tenant_id), f"dt_{dataset.pk.hex}"

    def grow(rows=None, *, erase=""):
        at = tables.write(table, pa.table(rows), mode="append") if rows else None
        if erase:
            tables.erase_rows(table, erase)
            at = tables.current(table)
        number = dataset.versions.count() + 1
        return DatasetVersion.objects.create(
            tenant=project.tenant,
            project=project,
            dataset=dataset,
            number=number,
            state=VersionState.READY,
            lake_table=at.table,
            lake_snapshot=at.snapshot,
            row_count=tables.count(at),
            schema=[{"name": c.name, "type": c.type, "class": "", "suspected": ""} for c in tables.schema(at)],
            committed_at=now(),
        )

    return grow


def test_new_rows_alone_are_read_where_there_is_nothing_but_new_rows(
    scientist, growing, made_by, settle, passes_of, written
):
    growing({"id": [1, 2], "n": [5, 6]})
    late = made_by("late", "SELECT id, n * 2 AS n FROM events WHERE n > 5", mode="incremental", growing="events")
    run = lambda: (services.run_transformation_now(actor=scientist, transformation=late), settle())  # noqa: E731
    run()
    growing({"id": [3], "n": [7]})
    growing({"id": [4], "n": [1]})
    run()
    assert sorted(row["id"] for row in rows_of(late.output)) == [2, 3]
    growing(erase="id = 3")
    run()
    assert [row["id"] for row in rows_of(late.output)] == [2]
    growing({"id": [5], "n": [9]})
    written("by hand", b"id,n\n7,7\n", dataset=late.output)
    run()
    assert [(mode, note) for _state, mode, note in passes_of(late)] == [
        ("full", "It is the first time with this definition."),
        ("incremental", ""),
        ("full", "Rows of “events” were changed or taken away since then."),
        ("full", "Its dataset has a newer version that was not made here."),
    ]
    assert sorted(row["id"] for row in rows_of(late.output)) == [2, 5]


def test_the_datasets_owner_speaks_for_what_a_transformation_made(scientist, written, made_by, settle):
    raw = written("raw", b"k,v\n1,10\n")
    services.publish_contract(actor=scientist, dataset=raw.dataset)
    services.run_transformation_now(actor=scientist, transformation=made_by("out", "SELECT k FROM raw"))
    settle()
    broken = written("raw", b"k\n1\n", dataset=raw.dataset)
    breach = selectors.breach_of(actor=scientist, version=broken)
    assert [(one["name"], one["owner"]) for one in breach.consumers] == [("out v1", str(scientist.user.pk))]
    assert services.see_breach(actor=scientist, breach=breach, now=now()).unseen == []


def test_what_cannot_be_is_refused_with_the_reason(scientist, project, written, made_by, other_scientist):
    raw = written("raw", b"k,v\n1,10\n")
    made_by("one", "SELECT k, v FROM raw")
    written("one again", b"k,v\n1,10\n", dataset=raw.dataset)
    with pytest.raises(DefinitionRefused, match="“one” has no version yet"):
        made_by("two", "SELECT k FROM one")
    with pytest.raises(DefinitionRefused, match=r"runs? in a circle: raw → raw"):
        services.create_transformation(
            actor=scientist,
            project=project,
            name="self",
            output=raw.dataset,
            sql="FROM raw",
            inputs={"raw": raw.dataset_id},
            now=now(),
        )
    with pytest.raises(DefinitionRefused, match="the SQL has sum, which needs all of them"):
        made_by("sums", "SELECT sum(v) AS s FROM raw", mode="incremental", growing="raw")
    with pytest.raises(Invalid, match="five fields"):
        made_by("often", "FROM raw", trigger="cron", cron="every day", time_zone="Asia/Dubai")
    with pytest.raises(Invalid, match="no time zone"):
        made_by("nowhere", "FROM raw", trigger="cron", cron="0 6 * * *", time_zone="../etc/passwd")


def test_the_clock_begins_it_and_a_pause_keeps_it_still(scientist, tenant, written, made_by, settle, passes_of):
    raw = written("raw", b"k,v\n1,10\n")
    clock = {"trigger": "cron", "cron": "0 6 * * *", "time_zone": "Asia/Dubai"}
    daily = made_by("daily", "SELECT k, v FROM raw", review=True, **clock)
    due = daily.next_at
    assert due.astimezone(UTC).hour == 2
    settle()
    assert not passes_of(daily)
    services.run_due_transformations(now=due)
    services.run_due_transformations(now=due)  # a tick that comes twice
    # What an attempt that was killed left behind.
    version = daily.output.versions.get()
    lake.for_tenant(tenant.pk).write(f"ds_{version.pk.hex}", pa.table({"half": [1]}))
    settle()
    version = daily.output.versions.get()
    assert (version.state, passes_of(daily)[0][0]) == ("review", "review")
    services.commit_version(actor=scientist, version=version, now=now())
    settle()
    assert passes_of(daily)[0][0] == "succeeded"
    daily.refresh_from_db()
    assert daily.next_at == due + timedelta(days=1)
    services.pause_transformation(actor=scientist, transformation=daily)
    written("raw", b"k,v\n2,20\n", dataset=raw.dataset)
    services.run_due_transformations(now=datetime(2099, 1, 1, tzinfo=UTC))
    settle()
    with pytest.raises(Conflict, match="paused"):
        services.run_transformation_now(actor=scientist, transformation=daily)
    assert TransformationPass.objects.filter(transformation=daily).count() == 1


def test_columns_inherit_the_highest_class_that_they_come_from(scientist, written, made_by, settle):
    raw = written("raw", b"who,amount,note\na,1,x\n")
    for column, kind in (("who", ColumnClass.PERSONAL), ("amount", ColumnClass.INTERNAL)):
        services.classify_column(actor=scientist, version=raw, column=column, column_class=kind)
    mart = made_by("mart", "SELECT who || amount AS both, amount AS a, note, amount || note AS n FROM raw")
    services.run_transformation_now(actor=scientist, transformation=mart)
    settle()
    schema = selectors.latest_ready(mart.output).schema
    assert {c["name"]: (c["class"], c.get("inherited", False)) for c in schema} == {
        "both": ("personal", True),
        "a": ("internal", True),
        "note": ("", False),
        "n": ("", False),
    }


def test_pages_and_programs(client_as, api_as, scientist, project, written, settle, own_ledger):
    """From the form to rows, and the same by REST; a preview keeps nothing."""
    data = "/t/acme/p/flights/data/"
    written("raw", b"k,v\n1,10\n2,20\n")
    client = client_as(scientist)
    assert "No transformations yet" in client.get(f"{data}transformations/").content.decode()
    form = {
        "name": "twice",
        "sql": "SELECT k, v * 2 AS v FROM raw",
        "new_dataset": "twice",
        "trigger": "input",
        "mode": "full",
    }
    answer = client.post(f"{data}transformations/new/", {**form, "act": "preview"})
    assert answer.status_code == 200
    assert "The first 2 rows" in answer.content.decode()
    assert not selectors.visible_transformations(actor=scientist).exists()
    answer = client.post(f"{data}transformations/new/", {**form, "sql": "SELECT nothing FROM raw", "act": "create"})
    assert answer.status_code == 422
    assert not selectors.visible_datasets(actor=scientist).filter(name="twice").exists()
    answer = client.post(f"{data}transformations/new/", {**form, "act": "create"})
    settle()
    text = client.get(answer["Location"]).content.decode()
    assert "It last made twice v1" in text
    text = client.get(f"{data}transformations/").content.decode()
    assert "The order in which they run" in text
    assert text.count("s-lineage-edge") == 2

    api = api_as(scientist)
    one = api.get("/api/v1/transformations/", {"project": "flights"}).json()["results"][0]
    at = f"/api/v1/transformations/{one['id']}/"
    assert api.get(at).json()["definition"]["number"] == 1
    body = {"sql": "SELECT k, v * 3 AS v FROM raw"}
    assert api.post(f"{at}definitions/", body, content_type="application/json").json()["definition"]["number"] == 2
    assert len(api.get(f"{at}definitions/").json()["results"]) == 2
    assert api.post(f"{at}run/", {}, content_type="application/json").status_code == 202
    settle()
    passes = api.get(f"{at}passes/").json()["results"]
    assert [(row["state"], row["definition"]) for row in passes] == [("succeeded", 2), ("succeeded", 1)]
    again = api.post(f"{at}run/", {"below": False}, content_type="application/json")
    assert again.status_code == 409
    assert api.post(f"{at}pause/").json()["state"] == "paused"
    assert api.post(f"{at}resume/").json()["state"] == "active"
    picture = api.get(f"/api/v1/datasets/{one['output']}/lineage/").json()
    assert {node["kind"] for node in picture["nodes"]} == {"dataset", "transformation", "files"}
    assert api.delete(at).status_code == 204
    assert selectors.visible_datasets(actor=scientist).filter(name="twice").exists()


def test_the_clock_begins_nothing_in_an_archive(scientist, project, tenant, written, made_by):
    written("raw", b"k\n1\n")
    made = made_by("left", "SELECT k FROM raw", trigger="cron", cron="0 * * * *", time_zone="UTC")
    project.archived_at = now()
    project.save()
    assert clock.run_due(tenant=tenant, now=made.next_at) == 0
    assert not made.passes.exists()
    project.archived_at = None
    project.save()
    assert clock.run_due(tenant=tenant, now=made.next_at) == 1 and made.passes.exists()


def test_what_was_destroyed_is_made_again_of_the_same_versions(scientist, admin, written, made_by, settle):
    written("one", b"id\n1\n")
    made = made_by("upper", "SELECT id FROM one")
    services.run_transformation_now(actor=scientist, transformation=made)
    settle()
    [version] = made.output.versions.all()
    services.ask_to_destroy(actor=admin, version=version, confirmation=str(version))
    settle()
    services.run_transformation_now(actor=scientist, transformation=made)
    settle()
    assert selectors.latest_ready(made.output).number == 2 and rows_of(made.output) == [{"id": 1}]
    with pytest.raises(Conflict, match="made of these versions already"):
        services.run_transformation_now(actor=scientist, transformation=made)


def test_so_is_what_was_destroyed_while_it_was_looked_at(scientist, admin, written, made_by, settle, passes_of):
    written("one", b"id\n1\n")
    made = made_by("upper", "SELECT id FROM one", review=True)
    for _time in range(2):
        services.run_transformation_now(actor=scientist, transformation=made)
        settle()
        waiting = made.output.versions.get(state=VersionState.REVIEW)
        services.ask_to_destroy(actor=admin, version=waiting, confirmation=str(waiting))
        settle()
    assert [state for state, _mode, _note in passes_of(made)] == ["cancelled", "cancelled"]
