"""Whoever reads a source of any kind needs little memory, and leaves nothing behind when leaving early or killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from apps.connections.ports import Asked
from tests.contracts.source_stages import all_items, items_of
from tests.contracts.stage_of_kind import of_databases, stage
from tests.support.until import until

__all__ = ["stage"]
ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.usefixtures("loopback_allowed")


@of_databases
def test_rows_are_read_in_bounded_memory(stage):
    rows = {"postgresql": "generate_series(1, 300000) AS g (n)", "mysql": "(SELECT seq AS n FROM seq_1_to_300000) g"}
    stage.server.run(
        "DROP TABLE IF EXISTS large",
        f"CREATE TABLE large AS SELECT n, REPEAT('x', 1000) AS long_text FROM {rows[stage.kind]}",
    )
    stage.server.run(*(["GRANT SELECT ON large TO reader"] if stage.kind == "postgresql" else []))
    name = stage.place.name.replace("orders", "large")
    reader = f"""
        import django, json, resource, sys
        django.setup()
        from pathlib import Path
        import pyarrow, pyarrow.csv
        from apps.connections.adapters import open_source
        from apps.connections.ports import Asked, Place, Secrets
        said = json.load(sys.stdin)
        source = open_source({stage.kind!r}, said["settings"], Secrets(said["secrets"]), Path("/tmp"))
        place = Place({name!r})
        source.describe(place)
        before, count = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, 0
        for piece in source.pieces(place, Asked(), source.pin(place, Asked())):
            with source.read(place, Asked(), piece) as rows:
                count += sum(batch.num_rows for batch in rows.batches)
        print(json.dumps([count, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before]))
    """
    told = json.dumps({"settings": stage.settings, "secrets": stage.secrets})
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(reader)], env=_environment(), input=told, capture_output=True,
        text=True, check=True,
    )  # fmt: skip
    count, grown_kb = json.loads(done.stdout)
    assert count == 300_000
    # The rows are 300 MB.
    assert grown_kb < 80 * 1024


def _environment():
    paths = f"{ROOT}/platform:{ROOT}/platform/sdk:{ROOT}"
    return {**os.environ, "PYTHONPATH": paths, "SANAD_OUTBOUND_ALLOW": "127.0.0.1/32"}


def test_who_leaves_early_leaves_nothing(stage):
    source = stage.source()
    pieces = list(source.pieces(stage.place, Asked(), source.pin(stage.place, Asked())))
    with pytest.raises(KeyError), source.read(stage.place, Asked(), pieces[0]) as rows:
        next(iter(rows.batches if stage.gives_rows else rows))
        raise KeyError
    assert list(stage.scratch.glob("*")) == []
    with source.read(stage.place, Asked(), pieces[0]) as rows:
        assert items_of(rows)


def test_a_reader_that_is_killed_leaves_a_source_that_can_be_read_again(stage):
    source = stage.source()
    pin = source.pin(stage.place, Asked())
    reader = f"""
        import django, json, signal, sys
        django.setup()
        from pathlib import Path
        from apps.connections.adapters import open_source
        from apps.connections.ports import Asked, Place, Secrets
        said = json.load(sys.stdin)
        source = open_source({stage.kind!r}, said["settings"], Secrets(said["secrets"]), Path({str(stage.scratch)!r}))
        place = Place({stage.place.name!r})
        piece = next(iter(source.pieces(place, Asked(), said["pin"])))
        with source.read(place, Asked(), piece) as rows:
            next(iter(rows.batches if hasattr(rows, "batches") else rows))
            print("reading", flush=True)
            signal.pause()
    """
    child = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(reader)],
        env=_environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    child.stdin.write(json.dumps({"settings": stage.settings, "secrets": stage.secrets, "pin": pin}).encode())
    child.stdin.close()
    assert child.stdout.readline() == b"reading\n"
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    child.stdout.close()
    assert sorted(item for piece in all_items(source, stage.place, pin=pin) for item in piece) == sorted(stage.items)
    # What it left in the scratch folder went with the next reading.
    assert list(stage.scratch.glob("*")) == []
    if stage.is_database:
        until(lambda: _readers_of(stage) == 0)


def _readers_of(stage):
    asked = {
        "postgresql": "SELECT count(*) FROM pg_stat_activity WHERE usename = 'reader'",
        "mysql": "SELECT COUNT(*) FROM information_schema.processlist WHERE user = 'reader'",
    }
    return stage.server.rows(asked[stage.kind])[0][0]
