"""Where the portal and Spark leave numbers for each other while a join runs: a folder, or a place in a store."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from foundation import folders
from foundation.errors import Unavailable

if TYPE_CHECKING:
    import pyarrow as pa
    from pyarrow.fs import FileSystem

# What Spark calls a store, and what Arrow does.
SCHEMES = {"s3a": "s3", "gs": "gs"}
# All of ours lies below a folder of this name: what else is there is none of our business, sweeping included.
_OURS, _BEGINS = "sanad-joins", "join-"
# Nobody holds a lock in an object store: what began so long ago is of a process that was killed.
_LEFT_S = 2 * 86_400
_ROWS_A_FILE = 5_000_000


@dataclass(frozen=True)
class Place:
    """A folder of one join: `url` as Spark is told, `path` as Arrow's file system is."""

    files: FileSystem
    path: str
    url: str

    def write(self, name: str, rows: pa.RecordBatchReader) -> None:
        """Parquet in files that several executors read at once."""
        import pyarrow.dataset as ds

        ds.write_dataset(
            rows,
            f"{self.path}/{name}",
            filesystem=self.files,
            format="parquet",
            max_rows_per_file=_ROWS_A_FILE,
            max_rows_per_group=min(_ROWS_A_FILE, 1 << 20),
            basename_template="part-{i}.parquet",
        )

    def is_there(self, name: str) -> bool:
        from pyarrow.fs import FileType

        return bool(self.files.get_file_info(f"{self.path}/{name}").type == FileType.File)

    def read(self, name: str, schema: pa.Schema) -> pa.RecordBatchReader:
        """The rows of the Parquet files there, in whatever order."""
        import pyarrow as pa
        import pyarrow.parquet as pq
        from pyarrow.fs import FileSelector

        found = self.files.get_file_info(FileSelector(f"{self.path}/{name}"))
        paths = sorted(one.path for one in found if one.path.endswith(".parquet"))
        return pa.RecordBatchReader.from_batches(
            schema,
            (
                batch.cast(schema)
                for path in paths
                for batch in pq.ParquetFile(path, filesystem=self.files).iter_batches()
            ),
        )


@contextmanager
def exchanged(where: str, aside: Path) -> Iterator[Place]:
    """A place for one join, gone with the block; without a word for where, `aside` in this machine's own folder.

    Unavailable where nothing can be written.
    """
    if "://" in where:
        with _in_store(where) as place:
            yield place
        return
    if not where:
        yield _in_folder(aside)
        return
    with ExitStack() as held:
        try:
            if not Path(where).is_dir():
                raise NotADirectoryError(where)
            folder = held.enter_context(folders.held_folder(Path(where) / _OURS, _BEGINS))
        except OSError as error:
            raise Unavailable(_missing()) from error
        yield _in_folder(folder)


def _in_folder(folder: Path) -> Place:
    from pyarrow.fs import LocalFileSystem

    # With its scheme: without one Spark would look where its own settings say that files are.
    return Place(LocalFileSystem(), str(folder), folder.as_uri())


@contextmanager
def _in_store(where: str) -> Iterator[Place]:
    from pyarrow.fs import FileSystem, FileType

    parts = urlsplit(where)
    try:
        files, root = FileSystem.from_uri(parts._replace(scheme=SCHEMES[parts.scheme]).geturl())
        below = f"{root.rstrip('/')}/{_OURS}"
        _sweep(files, below)
    except OSError as error:
        raise Unavailable(_missing()) from error
    name = f"{_BEGINS}{int(time.time())}-{secrets.token_hex(8)}"
    url = parts._replace(query="", path=f"{parts.path.rstrip('/')}/{_OURS}/{name}").geturl()
    try:
        yield Place(files, f"{below}/{name}", url)
    finally:
        if files.get_file_info(f"{below}/{name}").type == FileType.Directory:
            files.delete_dir(f"{below}/{name}")


def _sweep(files: FileSystem, below: str) -> None:
    from pyarrow.fs import FileSelector

    oldest = time.time() - _LEFT_S
    for one in files.get_file_info(FileSelector(below, allow_not_found=True)):
        began = one.base_name.removeprefix(_BEGINS).partition("-")[0]
        if one.base_name.startswith(_BEGINS) and began.isdecimal() and int(began) < oldest:
            files.delete_dir(one.path)


def _missing() -> str:
    return _(
        "The place where joins on Spark exchange their rows is not there, or cannot be written. Whoever runs the "
        "portal has set it: SANAD_SPARK_EXCHANGE."
    )
