"""A new lake's catalogue, as tests write it at once, is what DuckLake makes; and it is sealed by whoever comes."""

from __future__ import annotations

from uuid import UUID, uuid4

import duckdb
import psycopg
import pyarrow as pa
import pytest

from foundation.lake import for_tenant
from foundation.lake.adapters import catalogue, sessions
from foundation.lake.engines import place_of
from tests.support import lake_catalogues

COLUMNS = """
SELECT table_name, column_name, ordinal_position, data_type, is_nullable, column_default FROM information_schema.columns
WHERE table_schema = %s ORDER BY 1, 3
"""
INDEXES = "SELECT replace(indexdef, %s, '') FROM pg_indexes WHERE schemaname = %s ORDER BY 1"
# What differs from lake to lake: when it was made, by whom, where, and a number of its own.
ROWS = (
    "SELECT snapshot_id, schema_version, next_catalog_id, next_file_id FROM {s}.ducklake_snapshot",
    "SELECT * FROM {s}.ducklake_snapshot_changes",
    "SELECT key, CASE WHEN key NOT IN ('created_by', 'data_path') THEN value END, scope, scope_id"
    " FROM {s}.ducklake_metadata ORDER BY 1",
    "SELECT schema_id, begin_snapshot, end_snapshot, schema_name, path, path_is_relative FROM {s}.ducklake_schema",
)


@pytest.fixture
def new(lake_id):
    return lambda: place_of(uuid4())


def made(place, monkeypatch, *, by_ducklake):
    with monkeypatch.context() as patched:
        patched.setattr(lake_catalogues, "TABLES_OF", "another" if by_ducklake else duckdb.__version__)
        with sessions.cursor(place):
            pass
    with psycopg.connect(place.database_url) as connection:
        schema = place.schema
        columns = connection.execute(COLUMNS, [schema]).fetchall()
        indexes = connection.execute(INDEXES, [schema, schema]).fetchall()
        rows = {rows: connection.execute(rows.replace("{s}", schema).encode()).fetchall() for rows in ROWS}
    return columns, indexes, rows


def test_what_is_written_is_what_ducklake_makes(new, monkeypatch):
    ours, theirs = (made(new(), monkeypatch, by_ducklake=by) for by in (False, True))
    assert ours == theirs
    assert len({table for table, *_ in ours[0]}) == 30, "28 tables, two of which became views and what they look at"


def test_the_release_is_the_one_whose_tables_are_kept():
    assert duckdb.__version__ == lake_catalogues.TABLES_OF, "make lake_tables.sql anew"


def test_whoever_dies_before_the_seal_is_followed_by_one_who_seals(new, monkeypatch):
    place = new()
    with monkeypatch.context() as patched:
        patched.setattr(catalogue, "_seal", lambda *_given, **_words: (_ for _ in ()).throw(ConnectionError("killed")))
        with pytest.raises(ConnectionError), sessions.cursor(place):
            pass
    assert not catalogue.is_ready(place)
    tables = for_tenant_at(place)
    at = tables.write("a", pa.table({"n": [1, 2]}))
    assert catalogue.is_ready(place)
    assert tables.count(at) == 2


def for_tenant_at(place):
    return for_tenant(UUID(place.schema.removeprefix("lake_")))
