"""The catalogue of one lake in PostgreSQL: made, sealed, locked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from django.utils.translation import gettext as _
from psycopg import errors as pg_errors
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from foundation.lake.errors import LakeUnavailable
from foundation.lake.place import LakePlace

_SEAL = Path(__file__).with_name("seal.sql")
_LOCK = "SELECT pg_advisory_lock(hashtextextended(%s, 0))"
_LOCK_SHARED = "SELECT pg_advisory_lock_shared(hashtextextended(%s, 0))"
_PATIENCE = "15min"
# Who waits for the whole lake keeps every new writer waiting behind him.
_SHORT_PATIENCE = "20s"


def connection_string(place: LakePlace) -> str:
    """libpq's words for the catalogue, with the session settings that open the sealed file keys."""
    known = conninfo_to_dict(place.database_url)
    inner, outer = (bytes(b ^ pad for b in place.key().ljust(64, b"\0")).hex() for pad in (0x36, 0x5C))
    known["options"] = f"{known.get('options') or ''} -csanad.ki={inner} -csanad.ko={outer}".strip()
    return make_conninfo("", **known)


def is_ready(place: LakePlace) -> bool:
    """Whether the catalogue was made and sealed."""
    with connected(place) as connection:
        row = connection.execute("SELECT to_regclass(%s)", [f"{place.schema}.sealed_data_file"]).fetchone()
        return bool(row and row[0])


@contextmanager
def making(place: LakePlace) -> Iterator[bool]:
    """Hold the lake's door while its catalogue is made: the block lets DuckLake make its tables, then they are sealed.

    Gives whether there is something to make; a crash half way is mended by the next one who comes.
    """
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,62}", place.schema):
        raise ValueError(place.schema)
    with connected(place) as connection:
        connection.execute(_LOCK, [f"{place.schema} is made"])
        row = connection.execute("SELECT to_regclass(%s)", [f"{place.schema}.sealed_data_file"]).fetchone()
        unmade = not (row and row[0])
        if unmade:
            connection.execute(f"CREATE SCHEMA IF NOT EXISTS {place.schema}".encode())
        yield unmade
        if unmade:
            with connection.transaction():
                connection.execute(_SEAL.read_text().replace("{s}", place.schema).encode())


@contextmanager
def table_lock(place: LakePlace, table: str) -> Iterator[None]:
    """Only one writer of a table at a time, in whatever process; and none while snapshots expire."""
    sentence = _("The table is being written by somebody else for more than 15 minutes; try again later.")
    with connected(place) as connection, _patient(connection, _PATIENCE, sentence):
        connection.execute(_LOCK_SHARED, [place.schema])
        connection.execute(_LOCK, [f"{place.schema}.{table}"])
        yield


@contextmanager
def lake_lock(place: LakePlace) -> Iterator[None]:
    """No writer at all."""
    sentence = _("The lake is being written to; what nobody needs any more is removed later.")
    with connected(place) as connection, _patient(connection, _SHORT_PATIENCE, sentence):
        connection.execute(_LOCK, [place.schema])
        yield


def tables(place: LakePlace) -> list[str]:
    """The tables that are there now; none where the lake was never written to."""
    if not is_ready(place):
        return []
    with connected(place) as connection:
        rows = connection.execute(
            f"SELECT table_name FROM {place.schema}.ducklake_table WHERE end_snapshot IS NULL ORDER BY 1".encode()
        )
        return [name for (name,) in rows]


def files_below(place: LakePlace, table: str, size: int) -> int:
    """How many files of a table, as it is now, are smaller than so many bytes."""
    with connected(place) as connection:
        row = connection.execute(
            f"SELECT count(*) FROM {place.schema}.sealed_data_file f"
            f" JOIN {place.schema}.ducklake_table t USING (table_id) WHERE t.table_name = %s"
            " AND t.end_snapshot IS NULL AND f.end_snapshot IS NULL AND f.file_size_bytes < %s".encode(),
            [table, size],
        ).fetchone()
        return int(row[0]) if row else 0


@contextmanager
def _patient(connection: psycopg.Connection, patience: str, sentence: str) -> Iterator[None]:
    connection.execute(f"SET lock_timeout = '{patience}'".encode())
    try:
        yield
    except pg_errors.LockNotAvailable as error:
        raise LakeUnavailable(sentence) from error


@contextmanager
def connected(place: LakePlace) -> Iterator[psycopg.Connection]:
    """A connection to the catalogue's database, beside those of DuckLake; each statement commits by itself."""
    try:
        connection = psycopg.connect(place.database_url, autocommit=True)
    except psycopg.OperationalError as error:
        raise LakeUnavailable(_("The lake's catalogue cannot be reached; look at PostgreSQL and try again.")) from error
    try:
        yield connection
    finally:
        connection.close()
