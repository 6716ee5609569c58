"""DuckDB instances with a lake attached: one per lake and process, made anew after a fork or a lost connection."""

from __future__ import annotations

import hashlib
import os
import threading
import uuid
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from duckdb import DuckDBPyConnection

from foundation import folders
from foundation.folders import HeldFolder
from foundation.lake.adapters import catalogue, row_groups
from foundation.lake.adapters.extensions import extension, instance_with
from foundation.lake.place import LakePlace
from foundation.quoting import identifier, literal

_KEPT = 16
_THREADS = min(os.cpu_count() or 2, 8)
_EXTENSIONS = ("httpfs", "postgres_scanner", "ducklake")  # httpfs first: its OpenSSL encrypts the Parquet files
_ATTACH = """
ATTACH {source} AS lake (DATA_PATH {data}, META_SCHEMA {schema}, METADATA_PARAMETERS MAP {{'SCHEMA': {schema}}},
  ENCRYPTED, DATA_INLINING_ROW_LIMIT 0)
"""  # without the parameter it reads what tables there are in every tenant's schema


class _Session:
    """One lake's instance in this process, opened when it is first used."""

    def __init__(self, place: LakePlace, key: bytes) -> None:
        self._place, self._lock = place, threading.Lock()
        # Of the keys no more than what tells them from others.
        self.key = key
        self._instance: DuckDBPyConnection | None = None
        # Opening one takes a quarter of a second; the one that wrote last waits for the next who writes.
        self._idle: DuckDBPyConnection | None = None

    def cursor(self) -> DuckDBPyConnection:
        own = self._shared().cursor()
        # A setting of the connection, not of the instance; the bar would be drawn into the process's output.
        own.execute("SET enable_progress_bar = false")
        return own

    def take(self) -> DuckDBPyConnection:
        """An instance of one's own, to be given back or closed."""
        self._shared()
        with self._lock:
            idle, self._idle = self._idle, None
        return idle or _instance(self._place, catalogue.connection_string(self._place))

    def give_back(self, instance: DuckDBPyConnection) -> None:
        with self._lock:
            if self._idle is None:
                self._idle = instance
                return
        instance.close()

    def _shared(self) -> DuckDBPyConnection:
        """The instance of all who read; opening the first one makes the lake where there was none."""
        with self._lock:
            if self._instance is None:
                self._instance = _open(self._place)
            return self._instance


_lock = threading.Lock()
_sessions: OrderedDict[LakePlace, _Session] = OrderedDict()
_strangers: list[OrderedDict[LakePlace, _Session]] = []
_spills: dict[Path, HeldFolder] = {}


@contextmanager
def cursor(place: LakePlace) -> Iterator[DuckDBPyConnection]:
    """A connection of one's own to the lake's instance in this process; what it leaves open is rolled back."""
    own = open_cursor(place)
    try:
        yield own
    finally:
        own.close()


@contextmanager
def alone(place: LakePlace) -> Iterator[DuckDBPyConnection]:
    """A connection of an instance that nobody else uses meanwhile, for one transaction that writes.

    DuckLake keeps what it knows of a schema in a cache of the instance, and what one transaction evicts there another
    still reads when it commits: a freed pointer (duckdb/ducklake#1248, in 1.5.3 to 1.5.5). Alone, nothing is evicted.
    """
    session = _session(place)
    instance = session.take()
    own = instance.cursor()
    own.execute("SET enable_progress_bar = false")
    row_groups.count_bytes(own)
    try:
        yield own
    except BaseException:
        own.close()
        instance.close()
        raise
    own.close()
    session.give_back(instance)


@contextmanager
def in_order(own: DuckDBPyConnection) -> Iterator[None]:
    """On an instance that is `alone`: what is written lies in the order in which it comes.

    Several threads would each write files of their own. One compresses and encrypts faster than rows come from outside,
    and a table that lies in the order of its time or key is read in parts, and digested without sorting.
    """
    said = own.execute("SELECT current_setting('threads')").fetchone()
    own.execute("SET threads = 1")
    yield
    if said:
        own.execute(f"SET threads = {said[0]}")  # after an error the instance is closed


def open_cursor(place: LakePlace) -> DuckDBPyConnection:
    """As `cursor`, for who closes it himself."""
    return _session(place).cursor()


def forget(place: LakePlace) -> None:
    """Open the lake anew next time. Cursors that are still at work keep the old instance alive."""
    with _lock:
        _sessions.pop(place, None)


def quoted(text: str) -> str:
    """A text, as the lake's SQL takes it."""
    return literal(text)


def name(text: str) -> str:
    """The name of a table or column, as the lake's SQL takes it."""
    return identifier(text)


def _session(place: LakePlace) -> _Session:
    """The lake's session. An instance keeps the keys it was opened with, so they are asked for each time anew."""
    try:
        keys = sorted(place.keys().items())
    except Exception:
        forget(place)
        raise
    key = hashlib.sha256(b"".join(number.to_bytes(4, "big") + known for number, known in keys)).digest()
    with _lock:
        session = _sessions.pop(place, None)
        if session is None or session.key != key:
            session = _Session(place, key)
        _sessions[place] = session
        while len(_sessions) > _KEPT:
            _sessions.popitem(last=False)
        return session


def _open(place: LakePlace) -> DuckDBPyConnection:
    for folder in (place.data.parent, place.data):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    source = catalogue.connection_string(place)
    if not catalogue.is_ready(place):
        with catalogue.making(place) as unmade:
            made = _instance(place, source) if unmade else None
        if made is not None:
            row_groups.bound(place)
            # It asked for no file yet: what it knows of the catalogue is what the seals leave as it is.
            return made
    row_groups.bound(place)
    return _instance(place, source)


def _instance(place: LakePlace, source: str) -> DuckDBPyConnection:
    instance = instance_with(
        [extension(wanted) for wanted in _EXTENSIONS],
        {
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "allow_community_extensions": "false",
            "python_enable_replacements": "false",
            "temp_file_encryption": "true",
            "temp_directory": str(_own_spill(place)),
            "memory_limit": f"{place.memory_mb}MB",
            "threads": str(max(1, min(_THREADS, place.memory_mb // row_groups.THREAD_MB))),
        },
    )
    # Writers of other tables commit at the same time: their snapshots are only numbered one after the other.
    instance.execute("SET GLOBAL TimeZone = 'UTC'; SET GLOBAL ducklake_max_retry_count = 60")
    attach = _ATTACH.format(
        source=quoted(f"ducklake:postgres:{source}"), data=quoted(f"{place.data}/"), schema=quoted(place.schema)
    )
    instance.execute(attach)
    return instance


def _own_spill(place: LakePlace) -> Path:
    """Two instances that spill into one folder take the same names there and read each other's pages."""
    with _lock:
        if place.spill not in _spills:
            folders.sweep(place.spill)
            _spills[place.spill] = HeldFolder(place.spill, "process-")
        return _spills[place.spill].path / uuid.uuid4().hex


def _after_fork() -> None:
    """A child must neither use nor close what its parent opened: DuckDB's threads stayed there."""
    global _sessions, _lock, _spills
    _strangers.append(_sessions)
    _sessions, _lock, _spills = OrderedDict(), threading.Lock(), {}


os.register_at_fork(after_in_child=_after_fork)
