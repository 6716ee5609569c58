"""What is read and written has no bound but the disk's: a file ten times the memory that is allowed goes through."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import psutil
import pytest

from foundation.lake.adapters.duckdb_lake import DuckDBLake
from foundation.lake.engines import place_of
from foundation.lake.sandbox import files
from foundation.lake.sandbox.children import Limits

# Of the engine that writes, and of the child that reads; what Python, Arrow and what is on its way between them need
# comes on top, and is the same for every file.
ENGINE_MB, CHILD_MB = 128, 384
ON_TOP_MB = 384


def highest_mb(pid: int | str = "self") -> int:
    """The most memory that a process ever had, or had since it was last told to forget."""
    [line] = [line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1]) >> 10


@pytest.fixture
def small(lake_id, settings):
    """A lake whose engine and children have little memory."""
    settings.LAKE_MEMORY_MB = ENGINE_MB
    limits = Limits(seconds=900, memory_mb=CHILD_MB)
    tables = DuckDBLake(place_of(lake_id), partial(files.parsed, limits=limits))
    yield tables
    tables.drop("large")


def written(path, *, size, line):
    """A CSV of so many bytes, and how many rows it has."""
    block = "".join(line % n for n in range(1000))
    times = size // len(block) + 1
    with path.open("w") as file:
        file.write("id,day,share,text\n")
        for _time in range(times):
            file.write(block)
    return 1000 * times


def test_a_file_ten_times_the_memory_goes_through_in_a_part_of_it(small, tmp_path):
    path, line = tmp_path / "large.csv", "%d,2026-01-02,0.25," + "word " * 100 + "\n"
    rows = written(path, size=10 * ENGINE_MB << 20, line=line)
    Path("/proc/self/clear_refs").write_text("5")  # the highest so far is forgotten
    at_first, of_children = highest_mb(), dict[int, int]()

    def look(_rows: int) -> None:
        for child in psutil.Process().children(recursive=True):
            if child.status() != psutil.STATUS_ZOMBIE:
                of_children[child.pid] = highest_mb(child.pid)

    at = small.write_from_file("large", path, "csv", on_rows=look)
    assert small.count(at) == rows
    print("worker", at_first, highest_mb(), "children", of_children)
    assert highest_mb() - at_first < ENGINE_MB + ON_TOP_MB
    assert 0 < max(of_children.values()) < CHILD_MB + ON_TOP_MB
