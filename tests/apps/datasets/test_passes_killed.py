"""A pass whose worker dies at any step is followed by one that makes the same version, and a clock that jumps makes
none more and none less."""

from __future__ import annotations

from datetime import timedelta

import pyarrow as pa

from apps.datasets import selectors, services
from apps.datasets.choices import VersionState
from apps.datasets.services import completing, transforming
from foundation import lake
from foundation.lake.adapters.duckdb_lake import DuckDBLake
from tests.apps.datasets.test_transformations import growing as growing
from tests.apps.datasets.transformation_stage import made_by as made_by
from tests.apps.datasets.transformation_stage import own_ledger as own_ledger
from tests.apps.datasets.transformation_stage import passes_of as passes_of
from tests.apps.datasets.transformation_stage import settle as settle

# Of a pass over new rows: they are set apart, the rows of before are copied, and what the SQL gives is added.
STEPS = {
    "before anything is written": (DuckDBLake, "write", 1, False),
    "new rows are set apart": (DuckDBLake, "write", 1, True),
    "old rows are copied": (DuckDBLake, "write", 2, True),
    "rows are added": (DuckDBLake, "write", 3, True),
    "sources are kept": (transforming, "keep_column_sources", 1, True),
    "it is counted and digested": (completing, "inspect", 1, True),
    "it is committed": (transforming, "complete", 1, True),
}


def kill(monkeypatch, owner, name, call, after):
    """Die at the so-manieth call, before it or after it."""
    whole, calls = getattr(owner, name), []

    def dying(*given, **words):
        calls.append(name)
        if len(calls) == call and not after:
            raise ConnectionError("killed")
        done = whole(*given, **words)
        if len(calls) == call:
            raise ConnectionError("killed")
        return done

    monkeypatch.setattr(owner, name, dying)


def test_a_worker_killed_at_any_step_of_a_pass_is_followed_by_one_that_makes_the_same_version(
    scientist, tenant, growing, made_by, settle, run_jobs, monkeypatch, passes_of
):
    tables, kept = lake.for_tenant(tenant.pk), [8]
    growing({"id": [0], "n": kept[:]})
    double = made_by("double", "SELECT id, n * 2 AS n FROM events WHERE n > 5", mode="incremental", growing="events")
    services.run_transformation_now(actor=scientist, transformation=double)
    settle()
    for number, (said, step) in enumerate(STEPS.items(), start=1):
        growing({"id": [number], "n": [number + 8]})
        kept.append(number + 8)
        services.run_transformation_now(actor=scientist, transformation=double)
        with monkeypatch.context() as patched:
            kill(patched, *step)
            run_jobs()
        run_jobs(also_later=True)
        settle()
        version = selectors.latest_ready(double.output)
        whole = tables.write("whole", pa.table({"id": range(number + 1), "n": [n * 2 for n in kept]}), mode="replace")
        assert (version.number, version.digest) == (number + 1, tables.digest(whole)), said
        assert not tables.exists(f"dn_{version.pk.hex}"), said
    assert {(state, mode) for state, mode, _note in passes_of(double)[1:]} == {("succeeded", "incremental")}
    assert not double.output.versions.exclude(state=VersionState.READY).exists()
    tables.drop("whole")


def test_a_clock_that_jumps_back_begins_nothing_twice_and_one_that_jumps_ahead_begins_once(
    written, made_by, settle, passes_of
):
    raw = written("raw", b"k,v\n1,10\n")
    hourly = made_by("hourly", "SELECT k, v FROM raw", trigger="cron", cron="0 * * * *", time_zone="Asia/Dubai")
    due = hourly.next_at
    for moment in (due, due - timedelta(hours=1), due - timedelta(seconds=1), due):
        services.run_due_transformations(now=moment)
        settle()
    assert len(passes_of(hourly)) == 1
    hourly.refresh_from_db()
    assert hourly.next_at == due + timedelta(hours=1)
    written("raw", b"k,v\n2,20\n", dataset=raw.dataset)
    for moment in (due + timedelta(days=1, minutes=5), due + timedelta(days=1, minutes=6)):
        services.run_due_transformations(now=moment)
        settle()
    assert len(passes_of(hourly)) == 2
    hourly.refresh_from_db()
    assert hourly.next_at == due + timedelta(days=1, hours=1)
