"""A new tenant's lake for almost every test: its catalogue is written at once, not statement by statement."""

from __future__ import annotations

from pathlib import Path

import duckdb
from duckdb import DuckDBPyConnection
from psycopg import sql

from foundation.lake.adapters import catalogue, sessions
from foundation.lake.place import LakePlace

_TABLES = Path(__file__).with_name("lake_tables.sql")
# The release of DuckDB, with its DuckLake, whose tables these are; any other makes them itself.
TABLES_OF = "1.5.5"


def write_at_once() -> None:
    """Let DuckLake find the tables that it would make; a test holds them against those that it does make."""
    instance = sessions._instance

    def prepared(place: LakePlace, source: str) -> DuckDBPyConnection:
        if duckdb.__version__ == TABLES_OF:
            _begin(place)
        return instance(place, source)

    sessions._instance = prepared


def _begin(place: LakePlace) -> None:
    with catalogue.connected(place) as connection, connection.transaction():
        row = connection.execute("SELECT to_regclass(%s) IS NULL", [f"{place.schema}.ducklake_metadata"]).fetchone()
        if row and row[0]:
            data = sql.Literal(f"{place.data}/").as_string(connection)
            connection.execute(_TABLES.read_text().replace("{s}", place.schema).replace("{data}", data).encode())
