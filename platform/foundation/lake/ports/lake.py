"""The port of the lake: immutable snapshots of a tenant's tables, written and read as Arrow."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from foundation.lake.ports.parts import (
    Column,
    Coming,
    Condition,
    Failing,
    FileFormat,
    Inspected,
    Known,
    LakeFile,
    Marks,
    Mode,
    Span,
    TableAt,
    UserFile,
)

if TYPE_CHECKING:
    # The sandbox's children import this package before they leave the network, which a process with threads cannot.
    import pyarrow as pa


class FileParser(Protocol):
    """Reads users' files apart from the lake: a context manager around the rows, FileRefused where there are none."""

    def __call__(
        self,
        path: Path,
        format: FileFormat,
        options: Mapping[str, Any],
        coming: Coming | None = None,
    ) -> AbstractContextManager[pa.RecordBatchReader]: ...


class Lake(Protocol):
    """One tenant's tables. Table names are `[a-z][a-z0-9_]*`, at most 63 signs.

    Every write holds the table's lock, is one transaction and leaves nothing behind where it fails.
    Errors: TableMissing, TableExists, LakeUnavailable, FileRefused, LakeFailed.
    """

    def changing(self, change: Callable[[pa.RecordBatch], pa.RecordBatch]) -> Lake:
        """The same lake, in which every batch that is written from outside goes through `change` first.

        It has to give the same columns for every batch, also for one without rows. What it raises, the write raises.
        """

    def write(
        self,
        table: str,
        source: pa.RecordBatchReader | pa.Table,
        *,
        mode: Mode = "create",
        mark: str = "",
        writer: str = "",
        after: str | None = None,
        beside: Mapping[str, pa.Table] | None = None,
        less: Mapping[str, tuple[str, Sequence[Any]]] | None = None,
    ) -> TableAt:
        """Write all batches; `append` makes a missing table. An error of the source is raised as it is.

        The `mark` is committed with the rows: whoever was killed afterwards learns from `mark_of` that they are in.
        A `writer` (`[a-z0-9:-]`) has marks of its own in a table that several write. With `after` nothing is written
        unless that is the writer's mark, as seen under the table's lock: MarkMoved where another got ahead.
        In the same transaction, under their locks, the rows of `beside` are appended to tables of these names, and
        from those of `less` rows are deleted by one of OUR OWN conditions and its parameters.
        """

    def write_from_file(
        self,
        table: str,
        path: Path,
        format: FileFormat,
        options: Mapping[str, Any] | None = None,
        *,
        mode: Mode = "create",
        mark: str = "",
        on_rows: Callable[[int], None] | None = None,
        coming: Coming | None = None,
    ) -> TableAt:
        """Write a user's file, parsed apart from the lake in bounded memory; `on_rows` hears the rows so far.

        A CSV may be `coming` instead of lying at the path: its bytes are asked for in the caller's thread. A plain one
        is read meanwhile; for another they are asked for again and written to the path first.

        Options: `delimiter`, `quote` (one sign each), `types` ({column: "text" or "number"}; in a CSV digits are a
        number otherwise, unless the first rows hold codes with leading zeros or the plus of a telephone number), `like`
        (the same, of columns that need not be there), `missing` (words that stand for no value in columns of numbers),
        `sheet` (of a spreadsheet: its name, or its number from 1), `name` (the file's name for sentences).
        """

    def write_from_files(
        self,
        table: str,
        files: Iterable[UserFile],
        *,
        mode: Mode = "create",
        mark: str = "",
        after: str | None = None,
        on_rows: Callable[[int], None] | None = None,
    ) -> TableAt:
        """Write all of these files in one transaction, each parsed as with `write_from_file`, one after the other.

        A file may be gone once the next one is asked for. All have the columns of the first one, or of the table that
        is there; FileRefused names the file and the column that differ. For `after` see `write`.
        """

    def write_query(
        self,
        table: str,
        sql: str,
        inputs: Mapping[str, TableAt],
        params: Sequence[Any] | Mapping[str, Any] | None = None,
        mode: Mode = "create",
    ) -> TableAt:
        """Write what one of our own queries answers; see `query`."""

    def merge(
        self,
        table: str,
        rows: TableAt,
        *,
        base: TableAt,
        after: str,
        mark: str,
        keys: Sequence[str] = (),
        span: Span | None = None,
    ) -> TableAt:
        """Make the table `base` and `rows` together, in one transaction: columns by name, in the order of `base`.

        Rows of `base` whose `keys` are among those of `rows`, or that lie in `span`, are replaced: they are gone.
        Where `base` is this table as its write with the mark `after` left it, what differs is written alone;
        another table is begun as a copy. A table that carries `mark` already is left as it is. MarkMoved where the
        table was written by somebody else since; LakeFailed where a value does not fit its column's type.
        """

    def widen(self, table: str, columns: Mapping[str, str]) -> TableAt:
        """Add columns by name and SQL type, empty in the rows that are there; one that is there already stays.

        TableMissing where there is no such table.
        """

    def set_aside(self, at: TableAt, aside: str, failing: Failing) -> tuple[TableAt, Marks]:
        """Move the rows that fail out of a table into `aside`, in one transaction.

        The table keeps its mark. Afterwards `were_set_aside` is true until either of the two is written anew.
        """

    def copy_failing(self, at: TableAt, into: str, failing: Failing, each: int) -> tuple[TableAt, Marks]:
        """Copy the first `each` rows that meet each of the conditions into a table of their own; all stay here too.

        A row is numbered by its place in the table, from 1 on.
        """

    def were_set_aside(self, table: str, aside: str) -> bool:
        """Whether the two tables, as they are now, were made by one `set_aside`; later small writes do not count."""

    def change_rows(self, table: str, values: Mapping[str, str], where: str, params: Sequence[Any] = ()) -> TableAt:
        """Set columns to SQL expressions of OUR OWN, in the rows of one of OUR OWN conditions; both use `params`."""

    def query(
        self,
        sql: str,
        inputs: Mapping[str, TableAt | pa.Table],
        params: Sequence[Any] | Mapping[str, Any] | None = None,
        *,
        at_once: int | None = None,
        seconds: float | None = None,
    ) -> pa.RecordBatchReader:
        """Answer one of OUR OWN queries over views named as in `inputs`. Never give it SQL that a user wrote.

        An input may be rows that are at hand, which lie in no table. A batch has so many rows `at_once` at most: for
        whoever knows how large they are. What is not answered to its last row within so many `seconds` is broken off:
        LakeSlow. LakeTooSmall where it takes more memory than the engine has.
        """

    def schema(self, at: TableAt) -> list[Column]:
        """The columns in their order."""

    def known(self, at: TableAt) -> Known:
        """What the catalogue says of the rows, which costs the same however many there are."""

    def count(self, at: TableAt) -> int:
        """The number of rows."""

    def digest(self, at: TableAt) -> str:
        """SHA-256 (64 hexadecimal digits) over columns and rows, whatever the rows' order and files."""

    def has_digest(self, at: TableAt, digest: str) -> bool:
        """Whether these are the columns and rows of which `digest` was said, in its form of today or an earlier one."""

    def inspect(self, at: TableAt) -> Inspected:
        """Digest, profile and some values, in about the time of the longest of them."""

    def preview(
        self,
        at: TableAt,
        limit: int = 50,
        offset: int = 0,
        order_by: str | None = None,
        descending: bool = False,
        where: Sequence[Condition] = (),
    ) -> pa.Table:
        """Some rows, filtered and sorted by any column."""

    def read(self, at: TableAt, columns: Sequence[str] | None = None) -> pa.RecordBatchReader:
        """All rows in batches, of all or of the named columns."""

    def added_between(
        self, since: TableAt, until: TableAt, columns: Sequence[str] | None = None
    ) -> pa.RecordBatchReader | None:
        """The rows that came to a table between two of its snapshots, where nothing but rows came; of some columns.

        None where the two are of different tables, have other columns, or rows were changed or taken away in between:
        then `until` is not `since` with something added.
        """

    def exists(self, table: str) -> bool:
        """Whether the table is there now."""

    def current(self, table: str) -> TableAt:
        """The table as it is now."""

    def mark_of(self, table: str, writer: str = "") -> str:
        """The mark of the writer's last write that had one; empty where there is none, or no such table.

        It outlasts the snapshot that it came with, for as long as the table is there.
        """

    def files_of(self, at: TableAt) -> list[LakeFile]:
        """The exact files of the table, for the sandbox: they are opened here, paths are never told to it."""

    def sizes(self, tables: Collection[str] | None = None) -> dict[str, int]:
        """Bytes on disk of each table as it is now: of all, or of those named; one that is not there is left out.

        They are those of its files and of the files of deleted rows; what older snapshots keep besides does not count.
        """

    def drop(self, table: str) -> None:
        """Drop the table where it exists; its older snapshots stay readable until they expire."""

    def tables(self) -> list[str]:
        """The tables that are there now."""

    def compact(self, table: str, *, fewest: int = 2) -> TableAt:
        """Merge the table's small files where there are so many at least; every snapshot keeps its rows."""

    def expire(
        self, *, keep: Sequence[TableAt] | Callable[[], Sequence[TableAt]], before: datetime | None = None
    ) -> int:
        """Forget what nobody needs, and delete its files; answers how many snapshots went.

        Needed are: each table as it is now and with its last change, what is named in `keep`, and what the lake was
        since `before` (aware; without it: now). Where `keep` is a function it is asked once nobody writes any more:
        what was named before that may have been followed by others since. LakeUnavailable where somebody is writing all
        the time.
        """

    def destroy(self, tables: Sequence[str], *, make_key: Callable[[], None]) -> int:
        """Destroy tables with all their snapshots: their files are deleted and the files' keys dropped.

        `make_key` makes the lake's next key while nobody writes; the keys of all other files are sealed under it, and
        their number is the answer. Then the caller destroys the lake's earlier keys. May be done again at any point;
        LakeUnavailable where somebody is writing all the time.
        """

    def erase_rows(self, table: str, where: str, params: Sequence[Any] | Mapping[str, Any] | None = None) -> int:
        """Delete rows of a table that grows by one of OUR OWN conditions, and write its files anew without them.

        How many were deleted. Their files stay, for whoever reads an older snapshot, until `forget_past`.
        """

    def forget_past(self, tables: Sequence[str], *, make_key: Callable[[], None]) -> int:
        """As `destroy`, of what these tables were before alone: they stay as they are now, and were never otherwise."""
