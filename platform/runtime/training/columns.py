"""Columns of an Arrow table as numpy arrays, and as the encoder sees them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from runtime.encoder import LARGEST, Matrix, codes_of
from runtime.failures import WorkloadFailure
from runtime.schema import Feature, FeatureType

Numbers = npt.NDArray[np.float64]
Column = Any  # a pyarrow.ChunkedArray; pyarrow carries no types


def feature_type(name: str, kind: pa.DataType) -> FeatureType:
    """Return how a column of this Arrow type is treated, or fail with the sentence that names it."""
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    if pa.types.is_boolean(kind):
        return "boolean"
    if pa.types.is_integer(kind):
        return "integer"
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return "number"
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return "category"
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        return "timestamp"
    raise WorkloadFailure(
        f"Column {name!r} has the type {kind}, which no recipe can read; leave it out or turn it into a number, "
        "text, true/false or time in a feature view."
    )


def plain(column: Column) -> Column:
    """Undo dictionary encoding, so that every later step sees the values."""
    if pa.types.is_dictionary(column.type):
        return column.cast(column.type.value_type)
    return column


def numbers(column: Column) -> Numbers:
    """Return float64 with NaN for missing; infinities count as missing, since no recipe can learn from them."""
    values: Numbers = pc.cast(column, pa.float64(), safe=False).to_numpy(zero_copy_only=False).astype(np.float64)
    return np.where(np.abs(values) <= LARGEST, values, np.nan)


def seconds(column: Column) -> Numbers:
    """Return times as epoch seconds in float64, NaN for missing."""
    at = pc.cast(column, pa.timestamp("us", tz=getattr(column.type, "tz", None)), safe=False)
    micros = pc.cast(at, pa.int64()).to_numpy(zero_copy_only=False).astype(np.float64)
    return micros / 1e6


def _parts(column: Column) -> Matrix:
    at = pc.cast(column, pa.timestamp("us", tz=getattr(column.type, "tz", None)), safe=False)
    if at.type.tz is not None:
        at = pc.cast(at, pa.timestamp("us", tz="UTC"))
    parts = [pc.year(at), pc.month(at), pc.day(at), pc.day_of_week(at)]
    hour = pc.add(pc.cast(pc.hour(at), pa.float64()), pc.divide(pc.cast(pc.minute(at), pa.float64()), 60.0))
    return np.column_stack([numbers(part) for part in [*parts, hour]]).astype(np.float32)


def encode_column(feature: Feature, column: Column) -> Matrix:
    """Encode one column of a table: shape (rows, columns of the feature), float32."""
    if feature.type == "timestamp":
        return _parts(column)
    if feature.type == "category":
        codes, unknown = codes_of(feature)
        encoded = pc.dictionary_encode(plain(column)).combine_chunks()
        table = np.array([codes.get(value, unknown) for value in encoded.dictionary.to_pylist()] + [np.nan])
        places = pc.fill_null(encoded.indices, len(table) - 1).to_numpy(zero_copy_only=False)
        return table[places].astype(np.float32).reshape(-1, 1)
    return numbers(column).astype(np.float32).reshape(-1, 1)


def encode_table(features: Sequence[Feature], table: pa.Table) -> Matrix:
    """Encode a table into (rows, width) float32, exactly as RowEncoder encodes the same values sent as JSON."""
    return np.hstack([encode_column(feature, table.column(feature.name)) for feature in features])
