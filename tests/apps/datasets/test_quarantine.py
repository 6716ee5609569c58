"""Rows that were set aside: seen, corrected, given up and replayed; and gone with what they came from."""

from __future__ import annotations

import io
from contextlib import nullcontext
from datetime import timedelta
from types import SimpleNamespace

import pyarrow.parquet as pq
import pytest

from apps.datasets import selectors, services
from apps.datasets.choices import VersionState
from apps.datasets.models import Quarantine
from apps.datasets.services import completing
from foundation import lake, ledger
from foundation.clock import now
from foundation.errors import AccessDenied, Conflict, Invalid, NotFound
from tests.apps.registry.conftest import deliver

CSV = b"id,region,email\n1,north,a@x.ae\n2,south,b@x.ae\n3,nowhere,c@x.ae\n4,nowhere,d@x.ae\n5,,e@x.ae\n"
SUITE = [
    {
        "kind": "in_set",
        "columns": ["region"],
        "parameters": {"values": ["north", "south"]},
        "severity": "quarantine",
    },
    {"kind": "not_null", "columns": ["region"], "severity": "quarantine"},
]


@pytest.fixture
def quarantine(scientist, project, ingested):
    dataset = services.create_dataset(actor=scientist, project=project, name="people")
    services.save_suite(actor=scientist, dataset=dataset, expectations=SUITE)
    version = ingested("people.csv", CSV, dataset=dataset)
    return selectors.quarantine_of(actor=scientist, version=version)


def seen(actor, quarantine):
    quarantine.refresh_from_db()
    rows = services.rows_of(actor=actor, quarantine=quarantine).rows
    return {row.values[0]: row for row in rows}


def rows_in(version):
    found = lake.for_tenant(version.tenant_id).read(selectors.table_at(version)).read_all().to_pylist()
    return {row["id"]: row["region"] for row in found}


def test_rows_are_shown_with_their_reasons_and_hidden_where_they_are_about_people(scientist, viewer, quarantine):
    suite = [one["id"] for one in quarantine.suite.expectations]
    rows = seen(scientist, quarantine)
    assert {key: row.reasons for key, row in rows.items()} == {3: [suite[0]], 4: [suite[0]], 5: [suite[1]]}
    of_one = services.rows_of(actor=scientist, quarantine=quarantine, reason=suite[1])
    assert (of_one.count, [row.values[0] for row in of_one.rows]) == (1, [5])
    assert rows[3].values[2] == "c@x.ae"
    for_viewer = services.rows_of(actor=viewer, quarantine=quarantine)
    assert for_viewer.hidden == {"email"}
    assert {row.values[2] for row in for_viewer.rows} == {"•••"} and for_viewer.rows[0].values[1] is not None


def test_rows_leave_as_a_file_without_what_the_reader_may_not_see(scientist, viewer, quarantine):
    whole = b"".join(services.export_rows(actor=scientist, quarantine=quarantine, form="csv")).decode()
    assert "c@x.ae" in whole and len(whole.splitlines()) == 4
    partly = b"".join(services.export_rows(actor=viewer, quarantine=quarantine, form="parquet"))
    assert "email" not in pq.read_table(io.BytesIO(partly)).column_names


def test_a_spreadsheet_runs_nothing_of_what_was_set_aside(scientist, project, ingested):
    dataset = services.create_dataset(actor=scientist, project=project, name="orders")
    services.save_suite(actor=scientist, dataset=dataset, expectations=SUITE)
    version = ingested("orders.csv", b"id,region\n1,north\n2,=1+cmd\n", dataset=dataset)
    quarantine = selectors.quarantine_of(actor=scientist, version=version)
    file = b"".join(services.export_rows(actor=scientist, quarantine=quarantine, form="csv")).decode()
    assert "'=1+cmd" in file and ',"=1' not in file


def test_corrected_rows_are_replayed_into_the_next_version(scientist, quarantine, run_jobs):
    rows, first = seen(scientist, quarantine), quarantine.version
    changed = services.mend_rows(
        actor=scientist, quarantine=quarantine, column="region", value="south", numbers=[rows[3].number, rows[5].number]
    )
    assert changed == 2 and seen(scientist, quarantine)[5].mended == ["region"]
    version = services.replay_rows(actor=scientist, quarantine=quarantine, everything=True)
    for refused in (
        lambda: services.replay_rows(actor=scientist, quarantine=quarantine, everything=True),
        lambda: services.discard_rows(actor=scientist, quarantine=quarantine, reason_given="x", everything=True),
        lambda: services.mend_rows(actor=scientist, quarantine=quarantine, column="region", value="a", everything=True),
    ):
        with pytest.raises(Conflict, match="on their way"):
            refused()
    run_jobs()
    version.refresh_from_db()
    assert (version.state, version.number) == (VersionState.READY, 2), version.failure
    assert rows_in(version) == {1: "north", 2: "south", 3: "south", 5: "south"}
    assert rows_in(first) == {1: "north", 2: "south"}, "a version never changes"
    deliver()
    run_jobs()
    quarantine.refresh_from_db()
    assert (quarantine.row_count, quarantine.replayed_count, quarantine.replay) == (0, 3, None)
    again = selectors.quarantine_of(actor=scientist, version=version)
    assert list(seen(scientist, again)) == [4], "what fails again lies in the new version's quarantine"
    kinds = [event.kind for event in ledger.events_of(subject=("dataset_version", first.pk))]
    assert {"dataset_version.rows_mended", "dataset_version.rows_replayed"} <= set(kinds)


def test_a_replay_that_brings_nothing_leaves_the_rows_where_they_are(scientist, quarantine, run_jobs):
    version = services.replay_rows(actor=scientist, quarantine=quarantine, everything=True)
    run_jobs()
    version.refresh_from_db()
    assert version.state == VersionState.FAILED and "Not one of these rows" in version.failure
    assert len(seen(scientist, quarantine)) == 3 and not Quarantine.objects.filter(version=version).exists()
    services.discard_rows(actor=scientist, quarantine=quarantine, reason_given="wrong source", everything=True)


def test_a_replay_loses_nothing_of_a_version_that_came_meanwhile(scientist, quarantine, ingested, run_jobs):
    services.mend_rows(actor=scientist, quarantine=quarantine, column="region", value="south", everything=True)
    dataset = quarantine.dataset
    between = ingested("more.csv", b"id,region,email\n9,north,z@x.ae\n", dataset=dataset, run=False)
    version = services.replay_rows(actor=scientist, quarantine=quarantine, everything=True)
    run_jobs()
    for one in (between, version):
        one.refresh_from_db()
    assert between.state == VersionState.READY
    assert version.state == VersionState.FAILED and "Another version came meanwhile" in version.failure
    again = services.replay_rows(actor=scientist, quarantine=quarantine, everything=True)
    run_jobs()
    again.refresh_from_db()
    assert rows_in(again) == {9: "north", 3: "south", 4: "south", 5: "south"}


def test_rows_are_given_up_with_a_reason_and_leave_the_lake(scientist, quarantine):
    number = seen(scientist, quarantine)[4].number
    with pytest.raises(Invalid, match="why"):
        services.discard_rows(actor=scientist, quarantine=quarantine, reason_given=" ", numbers=[number])
    services.discard_rows(actor=scientist, quarantine=quarantine, reason_given="Moved away", numbers=[number])
    assert sorted(seen(scientist, quarantine)) == [3, 5]
    assert (quarantine.row_count, quarantine.discarded_count) == (2, 1)
    assert quarantine.discards == [{"rows": 1, "reason": "Moved away"}]
    with pytest.raises(Invalid, match="not in quarantine"):
        services.discard_rows(actor=scientist, quarantine=quarantine, reason_given="Moved away", numbers=[number])


def test_what_cannot_be_is_refused_with_a_sentence(scientist, viewer, other_scientist, quarantine):
    def mend(actor=scientist, **said):
        said = {"column": "id", "value": "7", "everything": True, **said}
        return services.mend_rows(actor=actor, quarantine=quarantine, **said)

    with pytest.raises(Invalid, match="no value of the column “id”"):
        mend(value="seven")
    with pytest.raises(Invalid, match="no column"):
        mend(column='id" = 1; --')
    with pytest.raises(Invalid, match="Choose rows"):
        mend(everything=False)
    with pytest.raises(AccessDenied, match="correct, discard or replay"):
        mend(actor=viewer)
    with pytest.raises(NotFound):
        selectors.get_quarantine(actor=other_scientist, quarantine_id=quarantine.pk)
    assert mend(value=None) == 3 and list(seen(scientist, quarantine)) == [None]


def test_a_destroyed_version_takes_its_quarantine_along(admin, quarantine, run_jobs):
    version, table = quarantine.version, quarantine.at.table
    services.ask_to_destroy(actor=admin, version=version, confirmation=str(version), break_chain=True)
    run_jobs()
    version.refresh_from_db()
    assert version.state == VersionState.DESTROYED
    assert not Quarantine.objects.exists()
    assert not lake.for_tenant(version.tenant_id).exists(table)


def test_a_person_who_lies_in_quarantine_alone_is_erased_there(admin, quarantine, project, run_jobs):
    found = services.find_person(actor=admin, project=project, column="email", value="c@x.ae")
    assert [(one.kind, one.rows) for one in found] == [("quarantine", 1)]
    with pytest.raises(Invalid):
        services.find_person(actor=admin, project=project, column="email", value="C@x.ae ")
    services.erase_person(actor=admin, project=project, column="email", value="c@x.ae")
    run_jobs()
    assert sorted(seen(admin, quarantine)) == [4, 5]
    assert quarantine.row_count == 2
    assert rows_in(quarantine.version) == {1: "north", 2: "south"}
    assert not services.find_person(actor=admin, project=project, column="email", value="c@x.ae")


def test_a_person_of_the_version_is_erased_with_its_quarantine(admin, quarantine, project, run_jobs):
    version = quarantine.version
    services.erase_person(actor=admin, project=project, column="email", value="a@x.ae", break_chain=True)
    run_jobs()
    version.refresh_from_db()
    assert version.state == VersionState.DESTROYED
    newest = selectors.latest_ready(version.dataset)
    assert rows_in(newest) == {2: "south"}
    kept = selectors.quarantine_of(actor=admin, version=newest)
    assert sorted(seen(admin, kept)) == [3, 4, 5], "the rows of others wait on, beside the successor"


def test_whoever_corrects_rows_and_sees_masks_sees_no_value_of_a_person(scientist, quarantine):
    from dataclasses import replace

    blind = replace(scientist, kind="program", scopes=("dataset.view", "dataset.create"))
    shown = services.rows_of(actor=blind, quarantine=quarantine)
    assert shown.hidden == {"email"} and {row.values[2] for row in shown.rows} == {"•••"}
    file = b"".join(services.export_rows(actor=blind, quarantine=quarantine, form="csv"))
    assert b"@x.ae" not in file
    number = shown.rows[0].number
    with pytest.raises(AccessDenied, match="masked"):
        services.row_of(actor=blind, quarantine=quarantine, number=number)
    assert services.mend_rows(actor=blind, quarantine=quarantine, column="region", value="south", numbers=[number]) == 1


def test_rows_of_a_held_version_are_neither_given_up_nor_erased(scientist, officer, admin, project, quarantine):
    services.place_hold(actor=officer, dataset=quarantine.dataset, version=quarantine.version, reason="Case 12/2026")
    with pytest.raises(Conflict, match="Under legal hold"):
        services.discard_rows(actor=scientist, quarantine=quarantine, reason_given="x", everything=True)
    with pytest.raises(Conflict, match="Under legal hold"):
        services.erase_person(actor=admin, project=project, column="email", value="c@x.ae")
    assert len(seen(scientist, quarantine)) == 3


def test_nor_of_one_that_came_while_its_own_rows_were_counted(scientist, quarantine, written, run_jobs, monkeypatch):
    services.mend_rows(actor=scientist, quarantine=quarantine, column="region", value="south", everything=True)
    version = services.replay_rows(actor=scientist, quarantine=quarantine, everything=True)
    inspect = completing.inspect

    def late(tables, at, job):
        if at.table == f"ds_{version.pk.hex}":
            written("more.csv", b"id,region,email\n9,north,z@x.ae\n", dataset=quarantine.dataset)
        return inspect(tables, at, job)

    monkeypatch.setattr(completing, "inspect", late)
    run_jobs()
    version.refresh_from_db()
    assert version.state == VersionState.FAILED and "Another version came meanwhile: people v2" in version.failure
    assert rows_in(selectors.latest_ready(quarantine.dataset)) == {9: "north"}
    assert len(seen(scientist, quarantine)) == 3


def test_what_is_held_by_law_stays_as_it_is_and_where_it_is(scientist, officer, quarantine):
    services.place_hold(actor=officer, dataset=quarantine.dataset, version=quarantine.version, reason="Case 1")
    for refused in (
        lambda: services.replay_rows(actor=scientist, quarantine=quarantine, everything=True),
        lambda: services.discard_rows(actor=scientist, quarantine=quarantine, reason_given="x", everything=True),
        lambda: services.mend_rows(actor=scientist, quarantine=quarantine, column="region", value="a", everything=True),
    ):
        with pytest.raises(Conflict, match="Under legal hold"):
            refused()


def test_what_was_never_taken_out_after_a_replay_is_taken_out_later(scientist, quarantine, run_jobs):
    services.mend_rows(actor=scientist, quarantine=quarantine, column="region", value="south", everything=True)
    version = services.replay_rows(actor=scientist, quarantine=quarantine, everything=True)
    run_jobs()
    assert services.settle_what_is_left(now=now()) == 0, "the version's own event is about to begin it"
    later = now() + timedelta(hours=1)
    assert services.settle_what_is_left(now=later) == 1
    assert services.settle_what_is_left(now=later) == 0, "it is on its way"
    run_jobs()
    quarantine.refresh_from_db()
    assert (quarantine.row_count, quarantine.replayed_count, quarantine.replay) == (0, 3, None)
    # Whoever comes after all finds it done.
    services.settle_replay(job=SimpleNamespace(scope=nullcontext), version_id=version.pk)
