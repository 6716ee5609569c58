"""Files that somebody brings, small and large, and what becomes of them."""

from __future__ import annotations

import io
import zipfile

import pytest

from foundation.lake import FileRefused

__all__ = ["LONG", "ingest", "large", "refused", "zipped"]


@pytest.fixture
def ingest(lake, tmp_path):
    """Write the content as a file into a table and give its columns."""

    def write(content: bytes | str, format: str = "csv", name: str = "upload", **options):
        path = tmp_path / f"{name}.{format}"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        at = lake.write_from_file("ingested", path, format, options, mode="replace")
        return lake.read(at).read_all().to_pydict()

    yield write
    lake.drop("ingested")


@pytest.fixture
def refused(lake, ingest):
    """The sentence with which the content is refused, after a look that nothing stayed."""

    def refuse(content: bytes | str, format: str = "csv", **options) -> str:
        with pytest.raises(FileRefused) as refusal:
            ingest(content, format, **options)
        assert not lake.exists("ingested")
        return refusal.value.sentence

    return refuse


def zipped(files: dict[str, str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


LONG = "a" * 180


def large(*last, head="n,word,day", row="{n},{long},2024-01-{d:02d}\n", times=100_000):
    """A file that is read in one pass, by what its first rows show; then come its last ones."""
    body = "".join(row.format(n=n, d=n % 28 + 1, long=LONG) for n in range(times))
    return f"{head}\n{body}{''.join(last)}"
