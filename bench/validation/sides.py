"""`python -m bench.validation.sides ACT FOLDER ROWS ROUNDS`: makes the file, or holds it to the suite by another tool.

Says the seconds of each round, by the clock and of the processor, and for each expectation how many rows fail: all
sides must agree. Each round begins with the file on disk.
"""

from __future__ import annotations

import importlib
import json
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from bench.ingestion.sides import _TABLE
from bench.validation.suite import FIRST_DAY, LAST_DAY, NAMES, TOWNS, WEEKDAYS

Counts = list[int]
_FIRST, _LAST = date.fromisoformat(FIRST_DAY), date.fromisoformat(LAST_DAY)


def make(parquet: Path, rows: int) -> Counts:
    """In the form in which the lake keeps its files, but in clear."""
    import duckdb

    duckdb.connect().execute(f"COPY ({_TABLE.format(rows=rows)}) TO '{parquet}' (FORMAT parquet)")
    return []


def polars_scan(parquet: Path, rows: int) -> Counts:
    """The limit: one lazy scan that computes the same counts and knows nothing of expectations."""
    import polars as pl

    c = pl.col
    failing = [
        c("id").is_null().sum(),
        c("id").is_duplicated().sum(),
        (~c("quantity").is_between(0, 999)).sum(),
        (~c("price").is_between(0, 900)).sum(),
        (~c("angle").is_between(-1, 0.99)).sum(),
        (~c("name").str.contains(f"^(?:{NAMES})$")).sum(),
        (~c("weekday").is_in(WEEKDAYS)).sum(),
        (~c("town").is_in(TOWNS[:39])).sum(),
        (~c("town").str.len_chars().is_between(6, 7)).sum(),
        c("at").is_null().sum(),
        (~c("day").is_between(_FIRST, _LAST)).sum(),
    ]
    told = [one.alias(f"f{place}") for place, one in enumerate(failing)]
    found = pl.scan_parquet(parquet).select(*told, pl.len().alias("rows")).collect().row(0)
    return [*map(int, found[:-1]), int(found[-1] != rows)]


def pandera(parquet: Path, rows: int) -> Counts:
    import pandera.polars as pa
    import polars as pl

    check = pa.Check
    schema = pa.DataFrameSchema(
        {
            "id": pa.Column(nullable=False, unique=True),
            "quantity": pa.Column(checks=check.in_range(0, 999)),
            "price": pa.Column(checks=check.in_range(0, 900)),
            "angle": pa.Column(checks=check.in_range(-1, 0.99)),
            "name": pa.Column(checks=check.str_matches(f"^(?:{NAMES})$")),
            "weekday": pa.Column(checks=check.isin(WEEKDAYS)),
            "town": pa.Column(checks=[check.isin(TOWNS[:39]), check.str_length(6, 7)]),
            "at": pa.Column(nullable=False),
            "day": pa.Column(checks=check.in_range(_FIRST, _LAST)),
        },
        checks=[check(lambda data: data.lazyframe.select(pl.len() == rows))],
    )
    try:
        schema.validate(pl.read_parquet(parquet), lazy=True)
    except pa.errors.SchemaErrors as error:
        return [len(error.schema_errors)]
    return [0]


def great_expectations(parquet: Path, rows: int) -> Counts:
    import great_expectations as gx
    import pandas as pd

    context = gx.get_context(mode="ephemeral")
    variables: Any = context.variables
    variables.progress_bars = {"globally": False}
    asset = context.data_sources.add_pandas("pandas").add_dataframe_asset("rows")
    batch = asset.add_batch_definition_whole_dataframe("all")
    e: Any = gx.expectations
    suite = gx.ExpectationSuite(
        name="twelve",
        expectations=[
            e.ExpectColumnValuesToNotBeNull(column="id"),
            e.ExpectColumnValuesToBeUnique(column="id"),
            e.ExpectColumnValuesToBeBetween(column="quantity", min_value=0, max_value=999),
            e.ExpectColumnValuesToBeBetween(column="price", min_value=0, max_value=900),
            e.ExpectColumnValuesToBeBetween(column="angle", min_value=-1, max_value=0.99),
            e.ExpectColumnValuesToMatchRegex(column="name", regex=f"^(?:{NAMES})$"),
            e.ExpectColumnValuesToBeInSet(column="weekday", value_set=WEEKDAYS),
            e.ExpectColumnValuesToBeInSet(column="town", value_set=TOWNS[:39]),
            e.ExpectColumnValueLengthsToBeBetween(column="town", min_value=6, max_value=7),
            e.ExpectColumnValuesToNotBeNull(column="at"),
            e.ExpectColumnValuesToBeBetween(column="day", min_value=_FIRST, max_value=_LAST),
            e.ExpectTableRowCountToBeBetween(min_value=rows, max_value=rows),
        ],
    )
    found = batch.get_batch({"dataframe": pd.read_parquet(parquet)}).validate(
        suite, result_format={"result_format": "BASIC", "partial_unexpected_count": 0}
    )
    return [int(one.result.get("unexpected_count") or not one.success) for one in found.results]


SIDES: dict[str, Callable[[Path, int], Any]] = {
    "make": make,
    "polars": polars_scan,
    "pandera": pandera,
    "great_expectations": great_expectations,
}


LOADED = {"pandera": "pandera.polars", "make": "duckdb"}


def main(act: str, folder: Path, rows: int, rounds: int) -> int:
    importlib.import_module(LOADED.get(act, act))
    seconds, processor, counts = list[float](), list[float](), list[int]()
    for _round in range(rounds):
        began, used = time.perf_counter(), time.process_time()
        counts = SIDES[act](folder / "table.parquet", rows)
        seconds.append(time.perf_counter() - began)
        processor.append(time.process_time() - used)
    print(json.dumps({"seconds": seconds, "processor": processor, "failing": counts}))
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])))
