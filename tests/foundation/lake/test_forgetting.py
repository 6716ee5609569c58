"""What nobody needs leaves the disk; what somebody names, or may still be reading, does not change by a bit."""

from __future__ import annotations

import threading
from datetime import timedelta
from uuid import uuid4

import pyarrow as pa
import pytest

from foundation.clock import now
from foundation.lake import TableAt, TableMissing, for_tenant
from foundation.lake.adapters import forgetting, sessions

HOUR = timedelta(hours=1)


@pytest.fixture
def own(lake_id):
    """A lake that no other test writes to."""
    return for_tenant(uuid4())


def rows(start: int, count: int = 100) -> pa.Table:
    return pa.table({"id": range(start, start + count)})


def on_disk(lake) -> set[str]:
    return {str(path) for path in lake._place.data.rglob("*") if path.is_file()}


def files_of(lake, *tables: TableAt) -> set[str]:
    return {file.path for at in tables for file in lake.files_of(at)}


def test_a_dropped_table_leaves_the_disk_though_a_later_table_is_kept(own):
    unwanted = own.write("unwanted", rows(0))
    kept = own.write("kept", rows(100))
    digest, files = own.digest(kept), files_of(own, kept)
    own.drop("unwanted")
    assert on_disk(own) > files

    own.expire(keep=lambda: [kept])
    assert on_disk(own) == files
    assert own.digest(kept) == digest
    with pytest.raises(TableMissing):
        own.count(unwanted)


def test_an_old_state_of_a_table_is_kept_where_somebody_names_it(own):
    named = own.write("log", rows(0))
    own.write("other", rows(0))
    own.write("log", rows(100), mode="replace")
    newest = own.write("log", rows(200), mode="replace")
    own.drop("other")

    own.expire(keep=[named])
    assert on_disk(own) == files_of(own, named, newest)
    assert own.read(named).read_all()["id"].to_pylist() == list(range(100))


def test_a_table_that_nobody_names_yet_stays_readable_as_it_was_written(own):
    written = own.write("made", rows(0))
    for n in range(3):
        own.write("later", rows(n), mode="append")
    own.expire(keep=[])
    assert own.count(written) == 100


def test_who_reads_what_a_table_was_a_moment_ago_reads_on(own):
    own.write("log", rows(0))
    read = own.current("log")
    own.write("log", rows(100), mode="replace")
    own.write("dropped", rows(0))
    there = own.current("dropped")
    own.drop("dropped")

    own.expire(keep=[], before=now() - HOUR)
    assert (own.count(read), own.count(there)) == (100, 100)
    own.expire(keep=[], before=now() + HOUR)
    assert on_disk(own) == files_of(own, own.current("log"))


def test_what_was_let_go_before_a_crash_goes_the_next_time(own):
    own.write("unwanted", rows(0))
    kept = own.write("kept", rows(100))
    own.drop("unwanted")
    forgetting.let_go(own._place, [kept], None)
    own.expire(keep=[kept])
    assert on_disk(own) == files_of(own, kept)


def test_a_lake_that_was_never_written_to_is_not_made(own):
    assert own.tables() == []
    assert own.expire(keep=[]) == 0
    assert not own._place.data.exists()


def test_small_files_are_merged_when_there_are_enough_of_them(own):
    for n in range(6):
        at = own.write("log", rows(n * 100), mode="append")
    assert len(own.files_of(own.compact("log", fewest=7))) == 6
    merged = own.compact("log", fewest=6)
    assert len(own.files_of(merged)) == 1
    assert own.digest(merged) == own.digest(at)
    own.expire(keep=[])
    assert len(on_disk(own)) == 1


def test_writers_and_readers_during_maintenance_lose_and_double_nothing(own):
    kept = own.write("kept", rows(0))
    own.write("log", rows(0), mode="append")
    digest, over, failures = own.digest(kept), threading.Event(), []

    def write(first: int) -> None:
        for n in range(12):
            own.write("log", rows(first + n * 100), mode="append")

    def read() -> None:
        while not over.is_set():
            failures.extend({own.digest(kept)} - {digest})

    writers = [threading.Thread(target=write, args=(first,)) for first in (10_000, 20_000)]
    reader = threading.Thread(target=read)
    for thread in (*writers, reader):
        thread.start()
    while any(writer.is_alive() for writer in writers):
        own.write("unwanted", rows(0))
        own.drop("unwanted")
        own.expire(keep=[kept])
        own.compact("log", fewest=4)
    over.set()
    for thread in (*writers, reader):
        thread.join()

    wanted = [*range(100), *range(10_000, 11_200), *range(20_000, 21_200)]
    assert failures == []
    assert sorted(own.read(own.current("log")).read_all()["id"].to_pylist()) == wanted
    own.compact("log")
    own.expire(keep=[kept])
    assert own.digest(kept) == digest
    assert len(on_disk(own)) == 2


def test_each_instance_spills_into_a_folder_of_its_own(own, lake_id):
    """In one folder they would take the same file names and read each other's pages."""
    own.write("t", rows(0))
    folders = set()
    for lake in (own, for_tenant(lake_id), for_tenant(uuid4())):
        with sessions.cursor(lake._place) as connection:
            folders.add(connection.execute("SELECT current_setting('temp_directory')").fetchone()[0])
    assert len(folders) == 3
