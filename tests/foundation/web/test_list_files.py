"""Each column of a Parquet file has one type; where nobody named it, the first rows do, and nothing is bent to fit."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, date, datetime

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from foundation.web.list_files import list_file

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)


def sent(form, *batches, **kinds):
    rows = [[{"x": value} for value in values] for values in batches]
    return list_file(rows, {"x": kinds.get("kind", object)}, form=form, name="x").getvalue()


def table(*batches, **kinds):
    return pq.read_table(io.BytesIO(sent("parquet", *batches, **kinds)))


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([True, None], pa.bool_()),
        ([1, None, 2], pa.int64()),
        ([1, 0.5], pa.float64()),
        ([date(2026, 1, 2)], pa.date32()),
        ([NOON], pa.timestamp("us", tz="UTC")),
        ([["a", "b"], []], pa.list_(pa.string())),
        (["a", None], pa.string()),
    ],
)
def test_a_column_is_of_the_one_type_that_its_first_rows_have(values, kind):
    found = table(values, values)
    assert found.schema.field("x").type == kind
    assert found.column("x").to_pylist() == [*values, *values]


def test_what_is_mixed_or_empty_at_first_is_text():
    assert table([None], [1.5, date(2026, 1, 2), ["a", "b"], None]).column("x").to_pylist() == [
        None,
        "1.5",
        "2026-01-02",
        "a b",
        None,
    ]
    assert table([1, "a"]).column("x").to_pylist() == ["1", "a"]
    assert table().schema.field("x").type == pa.string()


def test_a_figure_that_is_whole_at_first_is_named_a_figure_by_its_list():
    assert table([1], [0.5], kind=float).column("x").to_pylist() == [1.0, 0.5]


@pytest.mark.parametrize("later", [0.5, "none", ["a"]])
def test_what_does_not_fit_breaks_the_file_and_is_never_bent(later):
    with pytest.raises(TypeError, match="A column of int holds no"):
        table([1], [later])


def test_csv_and_json_write_every_value_as_it_is():
    values = [1, 0.5, None, "a", ["a", "b"], date(2026, 1, 2), NOON]
    lines = list(csv.reader(io.StringIO(sent("csv", values[:3], values[3:]).decode("utf-8-sig"))))
    assert [line[0] if line else "" for line in lines[1:]] == [
        "1",
        "0.5",
        "",
        "a",
        "a b",
        "2026-01-02",
        "2026-01-02T12:00:00+00:00",
    ]
    said = [row["x"] for row in json.loads(sent("json", values[:3], values[3:]))]
    assert said == [1, 0.5, None, "a", ["a", "b"], "2026-01-02", "2026-01-02T12:00:00+00:00"]
