"""Versions that build on the one before: what comes is added, or replaces what has the same key."""

from __future__ import annotations

from uuid import uuid4

import pytest

from apps.datasets import selectors, services
from apps.datasets.choices import VersionState
from apps.datasets.models import DatasetVersion
from apps.datasets.services import completing
from foundation import lake, ledger
from foundation.clock import now
from foundation.errors import Conflict, Invalid
from foundation.jobs.models import Job
from foundation.jobs.registry import kept_waiting_by
from foundation.lake import keeping

FIRST = b"id,name,price\n1,007,1.5\n2,b,2.5\n3,c,3.5\n"


def line(number, name="d"):
    return f"id,name,price\n{number},{name},{number}\n".encode()


def rows_of(version):
    version.refresh_from_db()
    found = lake.for_tenant(version.tenant_id).read(selectors.table_at(version)).read_all().to_pylist()
    return sorted((row["id"], row["name"], row["price"]) for row in found)


def ids_of(version):
    return [row[0] for row in rows_of(version)]


@pytest.fixture
def first(written):
    return written("orders.csv", FIRST.replace(b"007", b"x"))


@pytest.fixture
def then(ingested, first):
    """The next version of the same dataset."""

    def come(data, mode="append", **words):
        return ingested("more.csv", data, dataset=first.dataset, mode=mode, **words)

    return come


def test_rows_are_added_and_then_replaced_by_key_and_every_version_keeps_its_own(first, then, tenant):
    # What is text stays text, whole numbers become what is there, columns are found by name.
    second = then(b"price,name,id\n4,010,4\n")
    third = then(b"id,name,price\n2,B,9\n5,e,5.5\n", "upsert", key=["id"])
    one = [(1, "x", 1.5), (2, "b", 2.5), (3, "c", 3.5)]
    two = [*one, (4, "010", 4.0)]
    three = [(1, "x", 1.5), (2, "B", 9.0), (3, "c", 3.5), (4, "010", 4.0), (5, "e", 5.5)]
    keeping.maintain(tenant.pk, now=now())
    assert [rows_of(version) for version in (first, second, third)] == [one, two, three]
    assert [second.lake_table, third.lake_table] == [f"dl_{second.pk.hex}"] * 2
    assert (third.number, third.row_count, third.state) == (3, 5, VersionState.READY)
    # Nothing is kept beside: the rows that came lie with the others now.
    assert set(lake.for_tenant(tenant.pk).tables()) == {first.lake_table, second.lake_table}
    assert 0 < third.byte_count < second.byte_count * 2


def test_the_first_version_has_nothing_to_build_on(ingested):
    version = ingested("orders.csv", FIRST, mode="upsert", key=["id"])
    assert (version.state, version.row_count, version.source["base"]) == (VersionState.READY, 3, "")


UNFIT = [
    (b"id,name\n4,d\n", "append", [], "lacks “price”"),
    (b"id,name,price,tax\n4,d,1,2\n", "append", [], "has “tax” besides"),
    (b"id,name,price\nx,d,1\n", "append", [], "“id” is VARCHAR here and BIGINT"),
    (b"id,name,price\n1.5,d,1\n", "append", [], "“id” is DOUBLE here and BIGINT"),
    (b"id,name,price\n4,d,1\n4,e,2\n5,f,3\n", "upsert", ["id"], "1 value of the key “id” stands in several rows"),
    (b"id,name,price\n,d,1\n", "upsert", ["id"], "1 row has no “id”"),
]


def test_what_does_not_fit_is_said_and_the_last_version_stays(first, then, subtests):
    for data, mode, key, said in UNFIT:
        with subtests.test(said):
            version = then(data, mode, key=key)
            assert version.state == VersionState.FAILED
            assert said in version.failure, version.failure
            assert lake.for_tenant(version.tenant_id).tables() == [first.lake_table]


def test_a_column_without_any_value_fits(first, then):
    assert rows_of(then(b"id,name,price\n9,z,\n"))[-1] == (9, "z", None)


def test_a_mode_that_lacks_something_is_refused_before_anything_begins(first, then):
    for words, said in (
        ({"mode": "upsert"}, "are the key"),
        ({"mode": "sideways"}, "no mode"),
        ({"mode": "upsert", "key": ["nr"]}, "has no column “nr”"),
    ):
        with pytest.raises(Invalid, match=said):
            then(FIRST, **words)


@pytest.mark.parametrize("step", ["before", "merged", "inspected"])
def test_a_worker_killed_around_the_merge_is_followed_by_one_that_makes_the_same_version(
    first, then, run_jobs, monkeypatch, step
):
    whole = completing.growing.grown

    def killed(*given, **words):
        if step == "merged":
            whole(*given, **words)
        raise ConnectionError("killed")

    with monkeypatch.context() as patched:
        where, name = (completing, "finish") if step == "inspected" else (completing.growing, "grown")
        patched.setattr(where, name, killed)
        version = then(b"id,name,price\n2,B,9\n", "upsert", key=["id"])
    assert version.state == VersionState.INGESTING
    run_jobs(also_later=True)
    assert rows_of(version) == [(1, "x", 1.5), (2, "B", 9.0), (3, "c", 3.5)]


def test_a_version_waits_for_the_one_it_builds_on(first, then, run_jobs, scientist):
    review = then(line(4), review=True)
    later = then(line(5), run=False)
    [job] = Job.objects.filter(arguments__version_id=str(later.pk))
    assert "waits for review" in kept_waiting_by(job, take=False)
    services.commit_version(actor=scientist, version=review, now=now())
    run_jobs(also_later=True)
    assert ids_of(later) == [1, 2, 3, 4, 5]


def test_a_discarded_version_leaves_no_row_in_the_next(
    first, then, scientist, tenant, django_capture_on_commit_callbacks
):
    second = then(line(4))
    doomed = then(line(5), review=True)
    assert doomed.lake_table == second.lake_table
    with django_capture_on_commit_callbacks(execute=True):
        services.discard_version(actor=scientist, version=doomed)
    assert not lake.for_tenant(tenant.pk).exists(second.lake_table)
    third = then(line(6))
    assert ids_of(third) == [1, 2, 3, 4, 6]
    keeping.maintain(tenant.pk, now=now())
    assert ids_of(second) == [1, 2, 3, 4]


def test_a_version_that_builds_on_an_older_one_than_the_newest_is_not_committed(first, then, scientist):
    stale = then(line(4), review=True)
    then(FIRST, "full")
    with pytest.raises(Conflict, match="v2 was committed since"):
        services.commit_version(actor=scientist, version=stale, now=now())


@pytest.mark.django_db(transaction=True)
def test_who_shares_a_table_with_a_destroyed_version_has_one_of_its_own(first, then, admin, run_jobs, settings):
    settings.LAKE_KEYS = "foundation.lake.keys.keys_of"
    second, third = then(line(4)), then(line(5))
    before = rows_of(third)
    services.ask_to_destroy(actor=admin, version=second, confirmation=str(second))
    run_jobs()
    second.refresh_from_db()
    assert (second.state, second.lake_table) == (VersionState.DESTROYED, "")
    assert rows_of(third) == before
    assert third.lake_table.startswith("dm_")
    [moved] = [e for e in ledger.events_of(subject=("dataset_version", third.pk)) if e.kind.endswith(".moved")]
    assert (moved.payload["digest"], moved.payload["lake_snapshot"]) == (third.digest, third.moved_snapshot)
    keeping.maintain(third.tenant_id, now=now())
    assert set(lake.for_tenant(third.tenant_id).tables()) == {first.lake_table, third.lake_table}
    # And it is built on again.
    assert ids_of(then(line(6))) == [1, 2, 3, 4, 5, 6]


@pytest.mark.django_db(transaction=True)
def test_a_person_is_erased_from_every_version_of_a_shared_table(first, then, project, admin, run_jobs, settings):
    settings.LAKE_KEYS = "foundation.lake.keys.keys_of"
    before, person, after = then(line(4)), then(line(5, "gone")), then(line(6))
    services.erase_person(actor=admin, project=project, column="name", value="gone")
    run_jobs()
    person.refresh_from_db()
    after.refresh_from_db()
    assert {person.state, after.state} == {VersionState.DESTROYED}
    assert ids_of(before) == [1, 2, 3, 4] and before.lake_table.startswith("dm_")
    newest = selectors.latest_ready(first.dataset)
    assert ids_of(newest) == [1, 2, 3, 4, 6]
    assert ids_of(then(line(7))) == [1, 2, 3, 4, 6, 7]
    assert DatasetVersion.objects.filter(lake_table__startswith="dl_", state=VersionState.READY).count() == 1


def test_a_version_whose_base_is_destroyed_meanwhile_is_not_made(first, then, admin, monkeypatch):
    second, inspect = then(line(4)), completing.inspect

    def late(tables, at, job):
        services.ask_to_destroy(actor=admin, version=second, confirmation=str(second))
        return inspect(tables, at, job)

    monkeypatch.setattr(completing, "inspect", late)
    third = then(line(5))
    assert third.state == VersionState.FAILED
    assert "orders.csv v2, whose rows it takes over, was destroyed meanwhile" in third.failure


def test_a_table_that_a_version_is_moving_into_stays(first, then, tenant, admin, run_jobs):
    second, tables = then(line(4)), lake.for_tenant(tenant.pk)
    at = tables.write_query(second.table_apart, "FROM a", {"a": selectors.table_at(second)})
    tables.write_query(f"dm_{uuid4().hex}", "FROM a", {"a": at})
    keeping.maintain(tenant.pk, now=now())
    assert [name for name in tables.tables() if name.startswith("dm_")] == [second.table_apart]
    # A move that broke off there is gone on with, and what it left goes with the version.
    third = then(line(5))
    services.ask_to_destroy(actor=admin, version=third, confirmation=str(third))
    run_jobs()
    assert ids_of(second) == [1, 2, 3, 4] and second.lake_table == at.table
    assert tables.sizes([at.table])[at.table] == second.byte_count, "it was not written once more"
    assert second.table_apart not in tables.tables()


def test_versions_of_one_dataset_are_destroyed_one_after_the_other(first, then, admin):
    second = then(line(4))
    for version in (first, second):
        services.ask_to_destroy(actor=admin, version=version, confirmation=str(version), break_chain=True)
    one, other = Job.objects.filter(name="datasets.destroy").order_by("created_at")
    assert kept_waiting_by(other, take=True) == ""
    Job.objects.filter(pk=one.pk).update(state="running")
    assert "comes after it" in kept_waiting_by(other, take=True)
