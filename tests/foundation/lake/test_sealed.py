"""Nothing of the lake lies in clear, neither values nor keys, in whatever file of the database or the lake."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import re
import subprocess
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import psycopg
import pyarrow as pa
import pytest
from django.conf import settings

from foundation.lake import LakeUnavailable, for_tenant
from foundation.lake.adapters import catalogue, sessions
from foundation.lake.adapters.duckdb_lake import DuckDBLake
from foundation.lake.engines import place_of
from foundation.lake.sandbox import files

CANARY = "CANARY-VALUE-"


def holding(needles: list[str], *folders: Path) -> list[str]:
    command = ["grep", "-rlaF", *(part for needle in needles for part in ("-e", needle)), *map(str, folders)]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.split()


@pytest.fixture(scope="module")
def filled(lake, lake_id):
    """A lake with a large write, a small one, and deletes."""
    lake.write("people", pa.table({"id": range(50_000), "name": [f"{CANARY}{i}" for i in range(50_000)]}))
    lake.write("people", pa.table({"id": [-1], "name": [CANARY + "small"]}), mode="append")
    with sessions.cursor(place_of(lake_id)) as connection:
        connection.execute("DELETE FROM lake.main.people WHERE id = 77")
        connection.execute("UPDATE lake.main.people SET name = name || '-changed' WHERE id = 78")
    return lake


def test_neither_values_nor_keys_lie_in_clear(filled, lake_id):
    files = filled.files_of(filled.current("people"))
    keys = [file.key for file in files] + [file.deleted.key for file in files if file.deleted]
    assert len(keys) >= 3
    raw = [key.rstrip("=") for key in keys] + [base64.b64decode(key).hex() for key in keys]
    with psycopg.connect(os.environ["SANAD_TEST_SUPERUSER_URL"], autocommit=True) as connection:
        connection.execute("CHECKPOINT")
    database, home = Path(os.environ["SANAD_TEST_DATABASE_FOLDER"]), Path(settings.SANAD_HOME) / "lake"
    assert holding([CANARY, *raw], database, home) == []
    # The search itself finds what is there.
    assert holding([f"lake_{lake_id.hex}"], database)


def test_spilled_rows_are_encrypted(filled, lake_id, tmp_path):
    place = replace(place_of(lake_id), spill=tmp_path, memory_mb=160)
    with sessions.cursor(place) as connection:
        rows = f"SELECT '{CANARY}' || i AS name, repeat('x', 100) AS filler FROM range(2000000) t(i) ORDER BY hash(i)"
        reader = connection.execute(rows).to_arrow_reader(1000)
        reader.read_next_batch()
        spilled = [path for path in tmp_path.rglob("*") if path.is_file()]
        assert sum(path.stat().st_size for path in spilled) > 1 << 20
        assert holding([CANARY], tmp_path) == []


def test_the_catalogue_has_no_smallest_and_largest_values(filled, lake_id):
    with psycopg.connect(settings.LAKE_DATABASE_URL) as connection:
        for table in ("ducklake_file_column_stats", "ducklake_table_column_stats"):
            sql = f"SELECT count(*), count(min_value), count(max_value) FROM lake_{lake_id.hex}.{table}"
            rows, smallest, largest = connection.execute(sql).fetchone()
            assert (rows > 0, smallest, largest) == (True, 0, 0)


def test_the_wrap_is_the_written_one(filled, lake_id):
    """Encrypt-then-MAC with HMAC-SHA256, bound to the file's path: a test vector made without PostgreSQL."""
    place = place_of(lake_id)
    key, path, clear = place.keys()[1], "ducklake-1.parquet", bytes(range(16))
    pad = hmac.new(key, b"pad:" + path.encode(), hashlib.sha256).digest()[:16]
    hidden = bytes(a ^ b for a, b in zip(clear, pad, strict=True))
    tag = hmac.new(key, b"mac:" + path.encode() + hidden, hashlib.sha256).digest()[:16]
    with psycopg.connect(catalogue.connection_string(place)) as connection:
        sql = f"SELECT {place.schema}.sanad_seal(%s, %s), {place.schema}.sanad_open(%s, %s)"
        sealed = "1:" + base64.b64encode(hidden + tag).decode()
        encoded = base64.b64encode(clear).decode()
        assert connection.execute(sql, [path, encoded, path, sealed]).fetchone() == (sealed, encoded)
        with pytest.raises(psycopg.errors.RaiseException, match="belongs to another file"):
            connection.execute(sql, [path, encoded, "ducklake-2.parquet", sealed])


def test_another_key_opens_nothing(filled, lake_id):
    place = place_of(lake_id)
    stranger = DuckDBLake(replace(place, keys=lambda: {1: b"x" * 32}, memory_mb=place.memory_mb + 1), files.parsed)
    with pytest.raises(LakeUnavailable):
        stranger.read(stranger.current("people")).read_all()


def test_a_sealed_key_moved_to_another_file_does_not_open(lake_id):
    lake, place = for_tenant(uuid4()), None
    at = lake.write("a", pa.table({"x": [1]}))
    lake.write("b", pa.table({"x": [2]}))
    place = lake._place
    with psycopg.connect(settings.LAKE_DATABASE_URL, autocommit=True) as connection:
        table = f"{place.schema}.sealed_data_file"
        connection.execute(f"UPDATE {table} SET encryption_key = (SELECT max(encryption_key) FROM {table})")
    sessions.forget(place)
    with pytest.raises(LakeUnavailable):
        lake.read(at).read_all()
        lake.read(lake.current("b")).read_all()


def test_the_portals_own_role_sees_nothing_of_a_lake(filled, lake_id):
    with psycopg.connect(settings.DATABASE_URL) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(f"SELECT * FROM lake_{lake_id.hex}.ducklake_table")


def test_the_lakes_folder_is_closed_to_others(filled, lake_id):
    for folder in (Path(settings.SANAD_HOME) / "lake", Path(settings.SANAD_HOME) / "lake" / lake_id.hex):
        assert folder.stat().st_mode & 0o077 == 0


def test_errors_keep_the_catalogues_password_to_themselves(lake_id):
    assert not re.search(r"postgresql://", repr(place_of(lake_id)))
