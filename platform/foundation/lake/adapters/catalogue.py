"""The catalogue of one lake in PostgreSQL: made, sealed, locked."""

from __future__ import annotations

import re
import shutil
from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import psycopg
from psycopg import errors as pg_errors
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from foundation.lake.adapters.kept_connections import kept
from foundation.lake.errors import LakeUnavailable
from foundation.lake.place import LakePlace
from foundation.words import kept as _

_SEAL = Path(__file__).with_name("seal.sql")
_SEAL_KEYS = Path(__file__).with_name("seal_keys.sql")
_MADE = "SELECT to_regclass(%s) IS NOT NULL, to_regprocedure(%s) IS NOT NULL"
_LOCK = "SELECT pg_advisory_lock(hashtextextended(%s, 0))"
_LOCK_SHARED = "SELECT pg_advisory_lock_shared(hashtextextended(%s, 0))"
_PATIENCE = "15min"
# Who waits for the whole lake keeps every new writer waiting behind him.
_SHORT_PATIENCE = "20s"


def connection_string(place: LakePlace) -> str:
    """libpq's words for the catalogue, with the session settings that open and seal the keys of files."""
    return _with_keys(place, place.keys())


def _with_keys(place: LakePlace, keys: Mapping[int, bytes]) -> str:
    known = conninfo_to_dict(place.database_url)
    settings = [f"-csanad.number={max(keys)}"]
    for number, key in keys.items():
        inner, outer = (bytes(b ^ pad for b in key.ljust(64, b"\0")).hex() for pad in (0x36, 0x5C))
        settings += [f"-csanad.ki_{number}={inner}", f"-csanad.ko_{number}={outer}"]
    known["options"] = " ".join([str(known.get("options") or ""), *settings]).strip()
    return make_conninfo("", **known)


def is_ready(place: LakePlace) -> bool:
    """Whether the catalogue was made and sealed."""
    with connected(place) as connection:
        return all(_made(connection, place))


@contextmanager
def making(place: LakePlace) -> Iterator[bool]:
    """Hold the lake's door while its catalogue is made: the block lets DuckLake make its tables, then they are sealed.

    Gives whether there is something to make; a crash half way is mended by the next one who comes.
    """
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,62}", place.schema):
        raise ValueError(place.schema)
    with connected(place) as connection:
        connection.execute(_LOCK, [f"{place.schema} is made"])
        sealed, numbered = _made(connection, place)
        if not sealed:
            connection.execute(f"CREATE SCHEMA IF NOT EXISTS {place.schema}".encode())
        yield not sealed
        if not numbered:
            _seal(place, made_before=sealed)


def _made(connection: psycopg.Connection, place: LakePlace) -> tuple[bool, bool]:
    """Whether the catalogue is sealed, and whether its seals say under which key."""
    names = [f"{place.schema}.sealed_data_file", f"{place.schema}.sanad_hmac(integer, bytea)"]
    sealed, numbered = connection.execute(_MADE, names).fetchone() or (False, False)
    return sealed, numbered


def _seal(place: LakePlace, *, made_before: bool) -> None:
    """Seal a catalogue that DuckLake has just made, or put one of the first releases under the present key."""
    keys = {0: place.first_key(), **place.keys()} if made_before else place.keys()
    with connected(place, _with_keys(place, keys)) as connection, connection.transaction():
        for file in (_SEAL_KEYS,) if made_before else (_SEAL_KEYS, _SEAL):
            connection.execute(file.read_text().replace("{s}", place.schema).encode())
        if made_before:
            seal_anew(connection, place)


def seal_anew(connection: psycopg.Connection, place: LakePlace) -> int:
    """Put every file's key under the newest key that the connection has; how many there are."""
    count = 0
    for table in ("sealed_data_file", "sealed_delete_file"):
        anew = f"{place.schema}.sanad_seal(path, {place.schema}.sanad_open(path, encryption_key))"
        statement = f"UPDATE {place.schema}.{table} SET encryption_key = {anew} WHERE encryption_key IS NOT NULL"
        count += connection.execute(statement.encode()).rowcount
    return count


@contextmanager
def table_lock(place: LakePlace, *tables: str) -> Iterator[psycopg.Connection]:
    """Only one writer of a table at a time, in whatever process; and none while snapshots expire.

    Whoever writes to several takes them together: who came back for a second one would stand behind those who wait
    for the whole lake, and these wait for the first. Given is the connection that holds the locks: they end with it.
    """
    sentence = _("The table is being written by somebody else for more than 15 minutes; try again later.")
    with connected(place) as connection, _patient(connection, _PATIENCE, sentence):
        connection.execute(_LOCK_SHARED, [place.schema])
        for table in sorted(set(tables)):
            connection.execute(_LOCK, [f"{place.schema}.{table}"])
        yield connection


@contextmanager
def commits(place: LakePlace) -> Iterator[None]:
    """Nobody else commits to this lake, whatever table it is for.

    A file of deleted rows holds the number of the snapshot that its transaction expects to become. If another commit
    takes that number, DuckLake commits under the next one and leaves the file as it is: the rows are then gone from a
    snapshot in which they are. So who deletes keeps all others from committing, and every commit waits for that.
    """
    with connected(place) as connection:
        hold_commits(place, connection)
        yield


def hold_commits(place: LakePlace, connection: psycopg.Connection) -> None:
    """As `commits`, from now until this connection ends: for whose next act is the commit."""
    sentence = _("Somebody else commits to the lake for more than 15 minutes; try again later.")
    with _patient(connection, _PATIENCE, sentence):
        connection.execute(_LOCK, [f"{place.schema} commits"])


@contextmanager
def lake_lock(place: LakePlace, *, patience: str = _SHORT_PATIENCE) -> Iterator[None]:
    """No writer at all."""
    sentence = _("The lake is being written to; what nobody needs any more is removed later.")
    with connected(place) as connection, _patient(connection, patience, sentence):
        connection.execute(_LOCK, [place.schema])
        yield


def destroy(place: LakePlace) -> None:
    """Remove catalogue and files, whether or not they were ever made; no key is needed for it."""
    if not re.fullmatch(r"lake_[0-9a-f]{32}", place.schema):
        raise ValueError(place.schema)
    with lake_lock(place), connected(place) as connection:
        connection.execute(f"DROP SCHEMA IF EXISTS {place.schema} CASCADE".encode())
    if place.data.exists():
        shutil.rmtree(place.data)


def tables(place: LakePlace) -> list[str]:
    """The tables that are there now; none where the lake was never written to."""
    if not is_ready(place):
        return []
    with connected(place) as connection:
        rows = connection.execute(
            f"SELECT table_name FROM {place.schema}.ducklake_table WHERE end_snapshot IS NULL ORDER BY 1".encode()
        )
        return [name for (name,) in rows]


def current(place: LakePlace, table: str) -> tuple[bool, int | None]:
    """Whether the catalogue is there as this version has it; the newest snapshot, where the table is in it.

    Asked of the engine it takes some ten times as long: for each question that looks through the whole schema.
    """
    with connected(place) as connection:
        if not all(_made(connection, place)):
            return False, None
        row = connection.execute(
            f"SELECT max(snapshot_id), EXISTS (SELECT FROM {place.schema}.ducklake_table"
            f" WHERE table_name = %s AND end_snapshot IS NULL) FROM {place.schema}.ducklake_snapshot".encode(),
            [table],
        ).fetchone()
    return True, int(row[0]) if row and row[1] else None


def signature(table: str, writer: str) -> str:
    """In whose name a mark of a table stands; no name of a table has a blank."""
    return f"{table} {writer}" if writer else table


def mark_of(place: LakePlace, table: str, writer: str) -> str:
    """What was committed with the newest rows of a table that is there now; see `Lake.mark_of`."""
    with connected(place) as connection:
        return mark_in(place, connection, table, writer) if all(_made(connection, place)) else ""


def mark_in(place: LakePlace, connection: psycopg.Connection, table: str, writer: str) -> str:
    """As `mark_of`, of a lake that was made before."""
    row = connection.execute(
        f"SELECT c.commit_message FROM {place.schema}.ducklake_snapshot_changes c"
        f" JOIN {place.schema}.ducklake_table t ON t.table_name = %s AND t.end_snapshot IS NULL"
        " AND c.snapshot_id >= t.begin_snapshot WHERE c.author = %s ORDER BY c.snapshot_id DESC LIMIT 1".encode(),
        [table, signature(table, writer)],
    ).fetchone()
    return str(row[0]) if row else ""


def made_together(place: LakePlace, *tables: str) -> bool:
    """Whether all of these tables, as they are now, were made by one and the same commit."""
    if not is_ready(place):
        return False
    with connected(place) as connection:
        rows = connection.execute(
            f"SELECT begin_snapshot FROM {place.schema}.ducklake_table"
            " WHERE table_name = ANY(%s) AND end_snapshot IS NULL".encode(),
            [list(tables)],
        ).fetchall()
    return len(rows) == len(tables) and len(set(rows)) == 1


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


def sizes(place: LakePlace, names: Collection[str] | None) -> dict[str, int]:
    """Bytes of each table's files as it is now, those of deleted rows included; of all tables where none are named."""
    files = " UNION ALL ".join(
        f"SELECT table_id, file_size_bytes FROM {place.schema}.{kind} WHERE end_snapshot IS NULL"
        for kind in ("sealed_data_file", "sealed_delete_file")
    )
    with connected(place) as connection:
        if not all(_made(connection, place)):
            return {}
        rows = connection.execute(
            f"SELECT t.table_name, coalesce(sum(f.file_size_bytes), 0) FROM {place.schema}.ducklake_table t"
            f" LEFT JOIN ({files}) f USING (table_id) WHERE t.end_snapshot IS NULL"
            " AND (%(names)s::text[] IS NULL OR t.table_name = ANY(%(names)s)) GROUP BY 1".encode(),
            {"names": None if names is None else list(names)},
        )
        return {name: int(size) for name, size in rows}


# A file from before a column was added says nothing of it, and so does one of nested values.
_KNOWN = """
WITH held AS (
  SELECT table_id FROM {s}.ducklake_table
  WHERE table_name = %(table)s AND begin_snapshot <= %(at)s AND coalesce(end_snapshot > %(at)s, true)
), files AS (
  SELECT data_file_id, record_count FROM {s}.sealed_data_file JOIN held USING (table_id)
  WHERE begin_snapshot <= %(at)s AND coalesce(end_snapshot > %(at)s, true)
), complete AS (
  SELECT c.column_name FROM {s}.ducklake_column c JOIN held USING (table_id)
  JOIN {s}.ducklake_file_column_stats one USING (table_id, column_id) JOIN files f USING (data_file_id)
  WHERE c.begin_snapshot <= %(at)s AND coalesce(c.end_snapshot > %(at)s, true) AND c.parent_column IS NULL
    AND one.null_count = 0 AND (c.column_type NOT IN ('float32', 'float64') OR NOT one.contains_nan)
  GROUP BY c.column_id, c.column_name HAVING count(DISTINCT f.data_file_id) = (SELECT count(*) FROM files)
)
SELECT (SELECT coalesce(sum(record_count), 0)::bigint FROM files), (SELECT count(*) FROM files),
  ARRAY(SELECT column_name FROM complete)
"""


def known(place: LakePlace, table: str, snapshot: int) -> tuple[int, int, list[str]]:
    """Rows (deleted ones too) and files of a table at a snapshot, and its columns of which every file says that no
    value is missing."""
    with connected(place) as connection:
        row = connection.execute(
            _KNOWN.replace("{s}", place.schema).encode(), {"table": table, "at": snapshot}
        ).fetchone()
    return (int(row[0]), int(row[1]), list(row[2])) if row else (0, 0, [])


def size_of(place: LakePlace, table: str, snapshot: int) -> tuple[int, int]:
    """Rows (deleted ones too) and bytes of a table's files at a snapshot."""
    with connected(place) as connection:
        row = connection.execute(
            "SELECT coalesce(sum(f.record_count), 0), coalesce(sum(f.file_size_bytes), 0)"
            f" FROM {place.schema}.sealed_data_file f JOIN {place.schema}.ducklake_table t USING (table_id)"
            " WHERE t.table_name = %(table)s"
            " AND t.begin_snapshot <= %(at)s AND coalesce(t.end_snapshot > %(at)s, true)"
            " AND f.begin_snapshot <= %(at)s AND coalesce(f.end_snapshot > %(at)s, true)".encode(),
            {"table": table, "at": snapshot},
        ).fetchone()
    return (int(row[0]), int(row[1])) if row else (0, 0)


@contextmanager
def _patient(connection: psycopg.Connection, patience: str, sentence: str) -> Iterator[None]:
    connection.execute(f"SET lock_timeout = '{patience}'".encode())
    try:
        yield
    except pg_errors.LockNotAvailable as error:
        raise LakeUnavailable(sentence) from error


@contextmanager
def connected(place: LakePlace, words: str = "") -> Iterator[psycopg.Connection]:
    """A connection to the catalogue's database, beside those of DuckLake; each statement commits by itself.

    With `words` (of `connection_string`) it opens keys, and is made for this once.
    """
    with ExitStack() as open_ones:
        try:
            if words:
                connection = open_ones.enter_context(closing(psycopg.connect(words, autocommit=True)))
            else:
                connection = open_ones.enter_context(kept(place.database_url))
        except psycopg.OperationalError as error:
            sentence = _("The lake's catalogue cannot be reached; look at PostgreSQL and try again.")
            raise LakeUnavailable(sentence) from error
        yield connection
