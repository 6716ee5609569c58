"""Values of any length: a page shows their beginning, and no batch is larger than memory bears."""

from __future__ import annotations

import pyarrow as pa
import pytest

from foundation.lake.adapters import widths

ROWS = pa.table({"n": range(4000), "text": ["x" * 9_000] * 4000, "raw": pa.array([b"y" * 9_000] * 4000)})


@pytest.fixture
def at(lake):
    yield lake.write("wide", ROWS, mode="replace")
    lake.drop("wide")


def test_a_page_shows_the_beginning_of_long_values(lake, at):
    shown = lake.preview(at, limit=3, offset=1, order_by="n", descending=True)
    assert shown.column("n").to_pylist() == [3998, 3997, 3996]
    assert shown.column("text").to_pylist() == ["x" * widths.LONGEST_SHOWN] * 3
    assert shown.column("raw").to_pylist() == [b"y" * widths.LONGEST_SHOWN] * 3


def test_long_rows_are_read_few_at_a_time(lake, at, monkeypatch):
    monkeypatch.setattr(widths, "MOST_BYTES", 1 << 20)
    batches = list(lake.read(at))
    assert pa.Table.from_batches(batches).num_rows == 4000
    assert max(batch.num_rows for batch in batches) <= (1 << 20) // 18_000
    assert max(batch.num_rows for batch in lake.read(at, ["n"])) > 1000
    came = lake.added_between(at, lake.write("wide", ROWS, mode="append"))
    assert max(batch.num_rows for batch in came) <= (1 << 20) // 18_000
    keys = list(lake.added_between(at, lake.current("wide"), ["n"]))
    assert keys[0].schema.names == ["n"] and max(batch.num_rows for batch in keys) > 1000
    few_at_a_time = lake.digest(at)
    monkeypatch.undo()
    assert lake.digest(at) == few_at_a_time
