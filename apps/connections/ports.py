"""The port of a source: where rows and files come from, read in pieces that are the same when they are read again.

A load goes `pin` → `pieces` → `read` of each. The pin (JSON text) says what is read: the columns, the upper bound of
the cursor and the borders between pieces of a table; each file with its size and tag. From it alone follow the pieces,
and a piece read twice, also by another process, gives the same rows, or SourceChanged.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:
    import pyarrow as pa

Kind = Literal["postgresql", "mysql", "s3", "http", "valkey", "kafka"]
Tls = Literal["verify", "require", "off"]
ThingKind = Literal["table", "view", "folder", "file", "topic"]


class Secrets(Mapping[str, str]):
    """Passwords and keys by name; an empty one is none. Printed or logged it shows the names alone."""

    def __init__(self, values: Mapping[str, str] | None = None) -> None:
        self._values = {name: value for name, value in (values or {}).items() if value}

    def __getitem__(self, name: str) -> str:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"<Secrets {', '.join(self._values)}>"

    def __reduce__(self) -> str:
        raise TypeError("Secrets are not written down.")


@dataclass(frozen=True)
class ColumnOf:
    """A column: the lake's SQL type that it becomes, and the type that the source calls it by."""

    name: str
    type: str
    nullable: bool
    source_type: str


@dataclass(frozen=True)
class Thing:
    """What can be read there; `name` is what Place takes. Bytes are those that it lies in, where that is known."""

    name: str
    kind: ThingKind
    rows: int | None = None
    bytes: int | None = None
    changed_at: datetime | None = None


@dataclass(frozen=True)
class Place:
    """A table (`schema.name`, parts in double quotes where they hold a dot or a quote), a folder, a file or its URL.

    `pattern` picks files in a folder: `*` and `?` stay within one folder, `**` goes through all of them. Of a table
    that keeps its versions the option `version` (a number) or `as_of` (ISO 8601, UTC where it names no zone) picks one.
    """

    name: str
    pattern: str = ""
    format: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Described:
    """What is there. `rows` may be an estimate (`exact`: it is none); of files the columns and rows are not known.

    `sample` has up to 50 rows; None for files. `pin` says what was looked at, `says` which version of a table it was.
    """

    columns: Sequence[ColumnOf]
    rows: int | None
    exact: bool
    bytes: int | None
    files: int | None
    sample: pa.Table | None = field(repr=False)
    pin: str = field(repr=False)
    says: str = ""


@dataclass(frozen=True)
class Asked:
    """What is wanted of a place: columns (None: all), and rows whose cursor is after `since` and not after `until`.

    Without `since` rows that have no cursor come too. Of files there is no cursor: `since` is what `reached` said, and
    the files are those that are new or changed since. `head`: so many bytes of each file, for a preview.
    """

    columns: Sequence[str] | None = None
    cursor: str | None = None
    since: Any | None = None
    until: Any | None = None
    key: Sequence[str] = ()
    head: int | None = None


@dataclass(frozen=True)
class Piece:
    """A part of a load, read by itself; `id` is the same whenever it follows from the same pin. `data` is JSON."""

    number: int
    id: str
    says: str
    bytes: int | None
    rows: int | None
    data: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True)
class Step:
    """One step of a check, in words; what failed says how to mend it."""

    name: str
    ok: bool
    says: str


@dataclass(frozen=True)
class Table:
    """Rows in batches of at most 16 MiB.

    `emptied` counts, while they are read, the values per column that no lake type holds (dates of infinity, NaN in a
    DECIMAL, zero dates): they come as NULL.
    """

    batches: pa.RecordBatchReader
    emptied: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class File:
    """A file in the scratch folder until the next one is asked for; `name` is its name there, for sentences and format.

    `cut`: only its head was taken, as asked.
    """

    path: Path
    name: str
    format: str
    bytes: int
    cut: bool = False


Rows = Table | Iterator[File]


class Source(Protocol):
    """One place that rows or files come from, with its credentials. It opens connections for a call and closes them.

    Errors of all calls but `check`: SourceUnreachable, SourceRefused, SourceChanged, SourceBroken, PlaceMissing,
    ScratchFull. Nothing of a secret is in any sentence, error or repr.
    """

    def check(self) -> list[Step]:
        """Each step from the name to the first read; it stops at the first that fails."""

    def things(self, prefix: str = "", limit: int = 200) -> list[Thing]:
        """What can be read whose name begins so, in order of names."""

    def describe(self, place: Place) -> Described:
        """Columns, an estimate of rows and bytes, and a sample."""

    def pin(self, place: Place, asked: Asked) -> str:
        """Fix what will be read."""

    def pieces(self, place: Place, asked: Asked, pin: str) -> Iterator[Piece]:
        """The pieces that follow from the pin alone; nobody is asked."""

    def reached(self, asked: Asked, pin: str) -> str:
        """How far all pieces of the pin lead, as text for the next `since`; empty where nothing came with a cursor."""

    def read(self, place: Place, asked: Asked, piece: Piece) -> AbstractContextManager[Rows]:
        """The rows or files of one piece, once; leaving the block early ends the reading at the source."""


@dataclass(frozen=True)
class Events:
    """Events of one partition, in their order; all sequences are as long as `offsets`.

    `times` are milliseconds since 1970 by the broker's clock. A body is None where the entry does not say which of its
    fields is the event. `place` is where to go on after them, if that is more than the last offset.
    """

    partition: str
    offsets: Sequence[str]
    times: Sequence[int] = field(repr=False)
    bodies: Sequence[bytes | None] = field(repr=False)
    place: str = ""


class Broker(Protocol):
    """One place where events wait in order, with its credentials; what was read of it, its reader remembers.

    Places are offsets by partition. Reading takes nothing away. Errors: SourceUnreachable, SourceRefused, SourceBroken,
    PlaceMissing, and SourceChanged where events are gone that were never read. Nothing of a secret is in any sentence.
    """

    def read(
        self, topic: str, after: Mapping[str, str], *, events: int, wait_s: float = 0.0, past_gaps: bool = False
    ) -> list[Events]:
        """At most so many events that follow these places, and 16 MiB of them, or a little more.

        A partition without a place is read from its oldest event on. Where there is none yet, it waits so long at most.
        With `past_gaps` what is gone is passed over.
        """

    def ends(self, topic: str) -> dict[str, str]:
        """The newest event's place in each partition, for whoever wants what comes from now on alone."""

    def lag(self, topic: str, after: Mapping[str, str]) -> int:
        """How many events follow these places, or about how many where the broker cannot say."""

    def forget(self, topic: str, upto: Mapping[str, str]) -> None:
        """Drop what was read, where the broker is the portal's own; anybody else's stays as it is."""

    def close(self) -> None:
        """End its connections; used again, it makes new ones."""
