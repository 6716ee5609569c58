"""A bucket for one table of Delta Lake or Iceberg, and how all of its rows are read."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pyarrow as pa
import pytest

from apps.connections.adapters import open_source
from apps.connections.ports import Asked, Place, Secrets
from tests.support.databases import free_port
from tests.support.tables_in_a_bucket import DeltaFolder, catalogue

__all__ = ["EVERYTHING", "TYPES", "bucket", "delta", "iceberg", "ids_of", "numbers", "put", "rows_of", "source"]


@pytest.fixture
def bucket(object_store):
    object_store.hold_rights(False)
    name = f"tables-{free_port()}"
    object_store.sdk.create_bucket(Bucket=name)
    return name


@pytest.fixture
def put(object_store, bucket):
    return lambda key, body: object_store.sdk.put_object(Bucket=bucket, Key=f"in/orders/{key}", Body=body)


@pytest.fixture
def source(object_store, bucket, tmp_path):
    key, secret = object_store.keys
    told = {"bucket": bucket, "endpoint": object_store.url, "prefix": "in/"}
    return open_source("s3", told, Secrets({"access_key": key, "secret_key": secret}), tmp_path / "scratch")


@pytest.fixture
def delta(tmp_path, put):
    return DeltaFolder(tmp_path / "delta", put)


@pytest.fixture
def iceberg(tmp_path):
    return catalogue(tmp_path / "warehouse")


def rows_of(source, pin=None, **options):
    """All rows, as one table."""
    place = Place("orders/", options=options)
    pin = pin or source.pin(place, Asked())
    batches = []
    for piece in source.pieces(place, Asked(), pin):
        with source.read(place, Asked(), piece) as rows:
            batches += list(rows.batches)
    return pa.Table.from_batches(batches)


def ids_of(source, pin=None, **options):
    return sorted(rows_of(source, pin, **options)["id"].to_pylist())


def numbers(first, last):
    return pa.table({"id": pa.array(range(first, last), pa.int64())})


EVERYTHING = pa.table(
    {
        "id": pa.array([1, 2], pa.int64()),
        "day": pa.array([date(2024, 1, 1), None]),
        "at": pa.array([datetime(2024, 1, 1, 12, tzinfo=UTC), None], pa.timestamp("us", "UTC")),
        "price": pa.array([Decimal("1.50"), None], pa.decimal128(9, 2)),
        "tags": pa.array([["x"], None], pa.list_(pa.string())),
        "thing": pa.array([{"a": 1}, None], pa.struct({"a": pa.int32()})),
        "flag": pa.array([True, None]),
        "region": pa.array(["north", None]),
    }
)


TYPES = [
    "BIGINT",
    "DATE",
    "TIMESTAMP WITH TIME ZONE",
    "DECIMAL(9,2)",
    "VARCHAR[]",
    'STRUCT("a" INTEGER)',
    "BOOLEAN",
    "VARCHAR",
]
