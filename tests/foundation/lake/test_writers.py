"""Writers at the same time, in threads and processes, lose nothing; sessions survive forks and lost connections."""

from __future__ import annotations

import multiprocessing
import os
import signal
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

import psycopg
import pyarrow as pa
import pytest

from foundation.lake import for_tenant
from foundation.lake.adapters import sessions


def rows(start: int, count: int = 40) -> pa.Table:
    return pa.table({"id": range(start, start + count)})


def ids(lake, table: str) -> list[int]:
    return sorted(lake.read(lake.current(table)).read_all()["id"].to_pylist())


def test_threads_that_append_to_one_table_lose_nothing(lake):
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda n: lake.write("shared", rows(n * 40), mode="append"), range(24)))
    assert ids(lake, "shared") == list(range(24 * 40))


def test_processes_that_append_and_replace_and_expire_lose_nothing(lake, lake_id):
    context = multiprocessing.get_context("fork")
    lake.write("busy", rows(0), mode="append")
    writers = [context.Process(target=_append, args=(lake_id, n)) for n in range(1, 4)]
    for writer in writers:
        writer.start()
    for n in range(6):
        lake.write("other", rows(n), mode="replace")
        lake.expire(keep=[])
    for writer in writers:
        writer.join(60)
        assert writer.exitcode == 0
    assert ids(lake, "busy") == list(range(4 * 400))[:40] + list(range(400, 1600))


def _append(lake_id, n: int) -> None:
    own = for_tenant(lake_id)
    for step in range(10):
        own.write("busy", rows(n * 400 + step * 40), mode="append")


def test_each_write_names_its_own_snapshot_in_a_lake_that_nobody_has_opened_before(lake_id):
    lake = for_tenant(uuid4())

    def write(n: int):
        at = lake.write(f"own_{n}", rows(n * 100, n + 1))
        return lake.count(at) == n + 1 and ids(lake, f"own_{n}")[0] == n * 100

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(write, range(24)))


def test_a_forked_child_opens_its_own_session(lake, lake_id):
    lake.write("forked", rows(0))
    context = multiprocessing.get_context("fork")
    answers = context.SimpleQueue()
    child = context.Process(target=lambda: answers.put(for_tenant(lake_id).count(lake.current("forked"))))
    child.start()
    child.join(60)
    assert child.exitcode == 0
    assert answers.get() == 40


def test_a_lost_connection_is_replaced(lake):
    lake.write("lost", rows(0))
    # Those of this process's database alone: other tests run beside it on the same server.
    mine = psycopg.conninfo.conninfo_to_dict(lake._place.database_url)["dbname"]
    ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'sanad_owner' AND datname = %s"
    with psycopg.connect(os.environ["SANAD_TEST_SUPERUSER_URL"], autocommit=True) as connection:
        assert connection.execute(ended, [mine]).fetchall()
    assert lake.count(lake.current("lost")) == 40
    lake.write("lost", rows(40), mode="append")
    assert ids(lake, "lost") == list(range(80))


def test_two_first_writers_make_one_lake(lake_id):
    fresh = uuid4()

    def write(n: int) -> None:
        sessions.forget(for_tenant(fresh)._place)
        for_tenant(fresh).write("first", rows(n * 40), mode="append")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(4)))
    assert ids(for_tenant(fresh), "first") == list(range(160))


def test_what_a_killed_writer_left_is_removed():
    own = for_tenant(uuid4())
    place = own._place
    own.write("kept", rows(0))

    def endless():
        yield from (pa.record_batch({"id": range(100_000)}) for _ in range(20))
        os.kill(os.getpid(), signal.SIGKILL)

    def write() -> None:
        with sessions.cursor(place) as connection:
            connection.execute("SET ducklake_target_file_size = '100KB'")
        for_tenant(UUID(place.schema.removeprefix("lake_"))).write(
            "half", pa.RecordBatchReader.from_batches(pa.schema({"id": pa.int64()}), endless())
        )

    writer = multiprocessing.get_context("fork").Process(target=write)
    writer.start()
    writer.join(60)
    assert writer.exitcode == -signal.SIGKILL
    (place.data / "main" / "kept" / "left.parquet").write_bytes(b"half a file")
    assert not own.exists("half")
    own.expire(keep=[])
    known = {file.path for file in own.files_of(own.current("kept"))}
    assert {str(path) for path in place.data.rglob("*") if path.is_file()} == known


def test_lakes_of_two_tenants_know_nothing_of_each_other(lake):
    other = for_tenant(uuid4())
    lake.write("private", rows(0))
    assert not other.exists("private")
    other.write("private", rows(5, 1))
    assert ids(other, "private") == [5]


@pytest.mark.django_db
def test_a_tenants_lake_is_sealed_with_the_tenants_own_key(tenant, settings):
    settings.LAKE_KEYS = "foundation.lake.keys.keys_of"
    at = for_tenant(tenant.pk).write("own", rows(0))
    assert for_tenant(tenant.pk).count(at) == 40
