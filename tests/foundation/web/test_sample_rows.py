"""Rows of an Arrow table that was read once, on a page."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pyarrow as pa

from foundation.web.lake_tables import sample_rows


def test_columns_are_called_and_placed_as_those_of_a_dataset():
    row = {
        "id": 7,
        "price": Decimal("1.50"),
        "at": datetime(2026, 3, 1, tzinfo=UTC),
        "day": date(2026, 3, 1),
        "name": "x",
    }
    shown = sample_rows(pa.Table.from_pylist([row, dict.fromkeys(row)]))

    called = {column["name"]: column["type"] for column in shown["columns"]}
    assert called == {
        "id": "bigint",
        "price": "decimal(3,2)",
        "at": "timestamp with time zone",
        "day": "date",
        "name": "varchar",
    }
    assert [cell["numeric"] for cell in shown["rows"][0]] == [True, True, False, False, False]
    assert ["–" in cell["value"] for cell in shown["rows"][1]] == [True] * 5
