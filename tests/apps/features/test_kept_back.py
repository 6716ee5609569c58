"""Of which pieces of time a reader of masks is told nothing: the same ones, whoever cuts the rows into pieces."""

from __future__ import annotations

from datetime import datetime

import pyarrow as pa

from apps.datasets import services as datasets
from apps.datasets.selectors import get_version
from apps.features import selectors
from apps.features.selectors.measuring import withheld


def test_however_many_pieces_are_listed_the_same_are_kept_back():
    rows = [51, *[60] * 58, 49, *[70] * 300]
    lists = [withheld(rows[:most], sum(rows)) for most in (60, 240, 10_000)]
    assert [lost & set(range(60)) for lost in lists] == [{59}] * 3
    assert lists[2] == {59, *range(60, 360)}
    # Of the last of sixty there would be told by the others, if nothing came after them.
    assert withheld(rows[:60], sum(rows[:60])) == {0, 59}


def test_the_map_and_the_chart_of_a_masked_column_keep_back_the_same_pieces(ingested, define, scientist, viewer):
    """Were the rows without a time told of, twenty that are kept back would be told by the others and the whole."""
    base = ingested("late.csv", b"carrier,moment,late\nAA,2013-01-01 00:00:00,1\nDLX,2013-01-02 00:00:00,0\n")
    row = define.training_set(base, "late", event_time="moment", features=["carrier"])
    version = get_version(actor=scientist, version_id=base.pk)
    classes = {one["name"]: "public" for one in version.schema}
    datasets.classify_columns(actor=scientist, version=version, classes={**classes, "carrier": "personal"})
    counts = {1: 60, 2: 70, 3: 20, None: 200}
    days = [day for day, count in counts.items() for _n in range(count)]
    moments = pa.array([day and datetime(2013, 1, day) for day in days], pa.timestamp("us"))
    rows = pa.table({"moment": moments, "carrier": ["AA"] * len(days), "late": [0] * len(days)})
    found = selectors.missing_map(row, actor=viewer, rows=rows)
    assert found.rows["carrier"] == [0, 0, None, None]
    assert found.rows["late"] == [0, 0, 0, 0]
    assert withheld([60, 70, 20], len(days)) == {2}
