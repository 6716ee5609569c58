"""SQL that reaches for what is not its own finds nothing, and is told so in a sentence without anybody's values."""

from __future__ import annotations

import os
from uuid import uuid4

import duckdb
import pyarrow as pa
import pytest
from django.conf import settings

from foundation.errors import PortalError
from foundation.lake import SqlRefused, for_tenant, sandbox
from foundation.lake.adapters import child_statement
from foundation.lake.sandbox import children, template

SECRET = "CANARY-SECRET"

FILES = [
    "SELECT * FROM read_csv('/etc/passwd')",
    "SELECT * FROM '/etc/passwd'",
    "SELECT * FROM read_text('/etc/passwd')",
    "SELECT * FROM read_blob('/proc/self/environ')",
    "SELECT * FROM read_csv('/proc/self/maps', delim='|', header=false)",
    "SELECT * FROM read_csv('/proc/1/environ')",
    "SELECT * FROM read_parquet('/proc/self/fd/4')",
    "SELECT * FROM '/proc/self/fd/3'",
    "SELECT * FROM parquet_metadata('/proc/self/fd/4')",
    "SELECT * FROM parquet_scan('/proc/self/fd/4')",
    "SELECT * FROM read_json('/etc/hosts')",
    "SELECT * FROM sniff_csv('/etc/passwd')",
    "SELECT * FROM glob('/**')",
    "SELECT * FROM read_csv('http://127.0.0.1:1/x.csv')",
    "SELECT * FROM 's3://bucket/x.parquet'",
    "COPY (SELECT 1) TO '/tmp/sanad-escape.csv'",
    "COPY trips FROM '/etc/passwd'",
    "EXPORT DATABASE '/tmp/sanad-escape'",
    "IMPORT DATABASE '/tmp'",
]
# Its password, its other tenants.
CATALOGUE = [
    "SELECT * FROM postgres_query('lake', 'select 1')",
    "SELECT * FROM postgres_scan('host=/tmp', 'public', 'identity_user')",
    "CALL postgres_execute('lake', 'select 1')",
    "ATTACH 'host=/tmp' AS pg (TYPE postgres)",
    "ATTACH '/tmp/x.db'",
    "SELECT * FROM duckdb_databases()",
    "SELECT * FROM duckdb_secrets()",
    "SELECT * FROM duckdb_settings()",
    "SELECT * FROM duckdb_views()",
    "SELECT * FROM duckdb_tables()",
    "SELECT * FROM duckdb_functions()",
    "SELECT * FROM ducklake_list_files('lake', 'trips')",
    "SELECT * FROM ducklake_snapshots('lake')",
    "SELECT * FROM information_schema.tables",
    "SELECT * FROM pg_catalog.pg_tables",
    "SELECT * FROM sqlite_master",
    "SELECT * FROM lake.main.trips",
    "SELECT * FROM memory.main.trips",
    "SELECT * FROM main.trips",
    'SELECT * FROM "lake_00000000000000000000000000000000".ducklake_data_file',
    "SELECT * FROM theirs",
    "SELECT * FROM trips AT (VERSION => 1)",
    "SHOW TABLES",
    "SHOW ALL TABLES",
    "FROM (SHOW DATABASES)",
    "SELECT * FROM (DESCRIBE trips)",
    "SUMMARIZE trips",
]
ENGINE = [
    "INSTALL httpfs",
    "LOAD httpfs",
    "LOAD '/tmp/evil.duckdb_extension'",
    "PRAGMA database_list",
    "PRAGMA add_parquet_key('k', '0123456789112345')",
    "SET enable_external_access = true",
    "RESET lock_configuration",
    "SET VARIABLE x = 1",
    "CALL pragma_version()",
    "SELECT * FROM pragma_version()",
    "SELECT * FROM pragma_table_info('trips')",
    "SELECT getenv('HOME')",
    "SELECT current_setting('allowed_paths')",
    "SELECT getvariable('x')",
    "SELECT * FROM query('SELECT 1')",
    "SELECT * FROM query_table('trips')",
    "SELECT * FROM query_table(['trips'])",
    "SELECT * FROM repeat_row(1, num_rows = 5)",
    "SELECT * FROM json_execute_serialized_sql(json_serialize_sql('SELECT 1'))",
    "CREATE MACRO m() AS TABLE SELECT * FROM read_csv('/etc/passwd')",
    "CREATE TABLE t AS SELECT 1",
    "CREATE SECRET (TYPE s3)",
    "DROP VIEW trips",
    "INSERT INTO trips VALUES (1)",
    "DELETE FROM trips",
    "EXPLAIN ANALYZE SELECT 1",
    "PREPARE p AS SELECT 1",
    "EXECUTE p",
    "BEGIN",
    "CHECKPOINT",
    "VACUUM",
    "SELECT 1; ATTACH '/tmp/x.db'",
    "SELECT 1; SELECT 2",
    "SELECT 1) TO '/tmp/sanad-escape.csv' --",
    "WITH x AS (SELECT * FROM read_csv('/etc/passwd')) SELECT * FROM x",
    "SELECT (SELECT count(*) FROM glob('/*')) AS n",
    "SELECT * FROM trips WHERE EXISTS (SELECT 1 FROM read_text('/etc/passwd'))",
    "SELECT * FROM trips, LATERAL (SELECT * FROM read_text('/etc/' || trips.who))",
    "SELECT list_transform([1], x -> (SELECT max(content) FROM read_text('/etc/passwd')))",
    "WITH trips AS (SELECT * FROM other_table) SELECT * FROM trips",
    "WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n FROM r JOIN theirs ON true) SELECT * FROM r",
    "PIVOT (SELECT * FROM read_csv('/etc/passwd')) ON column0",
    "FROM trips UNION ALL FROM glob('/*')",
]
# A name that WITH gives in one query stands for nothing elsewhere: there the engine finds its own view of that name.
ELSEWHERE = [
    "WITH x AS (WITH sqlite_master AS (SELECT 1 AS a) SELECT * FROM sqlite_master) SELECT * FROM sqlite_master",
    "SELECT * FROM sqlite_master, (WITH sqlite_master AS (SELECT 1) FROM sqlite_master) AS x",
    "SELECT (WITH pg_tables AS (SELECT 1 AS a) SELECT a FROM pg_tables) FROM pg_tables",
    "WITH x AS (SELECT * FROM sqlite_master), sqlite_master AS (SELECT 1 AS a) SELECT * FROM x",
    "WITH RECURSIVE x AS (SELECT * FROM sqlite_master), sqlite_master AS (SELECT 1 AS a) SELECT * FROM x",
    "WITH sqlite_master AS (SELECT * FROM sqlite_master) SELECT * FROM sqlite_master",
    "WITH RECURSIVE sqlite_master AS (SELECT name FROM sqlite_master UNION ALL SELECT name FROM sqlite_master"
    " WHERE false) SELECT * FROM sqlite_master",
    "(WITH sqlite_master AS (SELECT 1 AS x) FROM sqlite_master) UNION ALL SELECT rootpage FROM sqlite_master",
    "SELECT * FROM trips WHERE id IN (WITH theirs AS (SELECT 1 AS a) FROM theirs) AND id IN (SELECT x FROM theirs)",
]


@pytest.fixture(scope="module")
def inputs(lake):
    theirs = for_tenant(uuid4())
    theirs.write("theirs", pa.table({"x": [SECRET]}))
    lake.write("not_an_input", pa.table({"x": [SECRET]}))
    return {"trips": lake.write("trips", pa.table({"id": [1], "who": ["a"]}))}


@pytest.mark.parametrize("sql", FILES + CATALOGUE + ENGINE + ELSEWHERE)
def test_what_is_outside_does_not_pass_the_check(sql):
    with pytest.raises(child_statement.Refused):
        child_statement.check(duckdb.connect(), sql, {"trips": {}})


@pytest.mark.parametrize("sql", [FILES[0], CATALOGUE[0], CATALOGUE[17], ENGINE[0], ENGINE[-1]])
def test_who_tries_is_told_so_in_a_sentence(lake_id, inputs, sql):
    with pytest.raises(SqlRefused) as refusal:
        sandbox.run(lake_id, sql, inputs).read_all()
    assert SECRET not in refusal.value.sentence
    assert str(settings.SANAD_HOME) not in refusal.value.sentence


@pytest.mark.parametrize("sql", FILES + CATALOGUE + ELSEWHERE)
def test_behind_our_own_check_the_engine_and_the_walls_hold_too(lake_id, inputs, sql, unchecked):
    try:
        found = sandbox.run(lake_id, sql, inputs, timeout_s=20).read_all()
    except PortalError as error:
        assert SECRET not in error.sentence
        return
    told = str(found.to_pylist())
    for forbidden in (SECRET, "root:", "postgresql://", f"{settings.SANAD_HOME}/lake", "lake_", "footer_key_value:"):
        assert forbidden not in told
    assert not os.path.exists("/tmp/sanad-escape.csv")


@pytest.fixture(scope="module")
def fooled_pool():
    """Children whose check of the statement lets everything pass: as if our own parsing were fooled."""
    fooled = """
import sys; sys.path.insert(0, sys.argv[2])
from foundation.lake.adapters import child_main, child_statement
child_statement.check = lambda *_: set()
child_statement.bind = lambda *_: None
child_main.main(sys.argv)
"""
    honest, template._START = template._START, fooled
    pool = children.Pool()
    yield pool
    template._START = honest
    pool.close()


@pytest.fixture
def unchecked(fooled_pool, monkeypatch):
    monkeypatch.setattr(children, "_pool", fooled_pool)
