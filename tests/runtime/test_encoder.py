"""One encoder: what a table becomes in training and what the same values become as JSON are the same numbers."""

from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime.encoder import InputRefused, RowEncoder
from runtime.failures import WorkloadFailure
from runtime.schema import Feature, ModelSchema
from runtime.training.columns import encode_table, feature_type
from runtime.training.fitting import category_order, fit_features
from tests.runtime import tables

TEXTS = st.sampled_from(["AA", "B6", "عربي", "", "never seen"])
TIMES = st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1)).map(lambda at: at.replace(tzinfo=UTC))
NUMBERS = st.floats(allow_nan=False, allow_infinity=False, width=32)
ROWS = st.lists(
    st.tuples(
        st.none() | NUMBERS,
        st.none() | st.integers(-(2**53), 2**53),
        st.none() | st.booleans(),
        st.none() | TEXTS,
        st.none() | TIMES,
    ),
    min_size=1,
    max_size=30,
)
FEATURES = (
    Feature("number", "number", True),
    Feature("integer", "integer", True),
    Feature("boolean", "boolean", True),
    Feature("category", "category", True, order=("B6", None, "AA", "عربي")),
    Feature("timestamp", "timestamp", True),
)
TYPES = [pa.float64(), pa.int64(), pa.bool_(), pa.string(), pa.timestamp("us", tz="UTC")]


@settings(max_examples=60, deadline=None)
@given(ROWS)
def test_training_and_serving_encode_alike(rows):
    columns = [pa.array(values, kind) for values, kind in zip(zip(*rows, strict=True), TYPES, strict=True)]
    table = pa.table(columns, names=[feature.name for feature in FEATURES])
    sent = [[value.isoformat() if isinstance(value, datetime) else value for value in row] for row in rows]
    assert np.array_equal(encode_table(FEATURES, table), RowEncoder(FEATURES).encode_rows(sent), equal_nan=True)


def test_real_flights_encode_alike():
    table = tables.flights().slice(0, 500)
    features = fit_features(tables.FLIGHT_FEATURES, table, table, np.arange(500.0))
    sent = list(zip(*(_sendable(table[feature.name]) for feature in features), strict=True))
    assert np.array_equal(encode_table(features, table), RowEncoder(features).encode_rows(sent), equal_nan=True)


def _sendable(column):
    return [None if value != value else value for value in column.to_pylist()]


def test_categories_are_ordered_by_the_target_and_rare_ones_share_a_place():
    values = pa.chunked_array([["low"] * 40 + ["high"] * 40 + ["once"]])
    target = np.array([0.0] * 40 + [1.0] * 40 + [1.0])
    assert category_order(values, target) == ("low", None, "high")


def test_a_schema_survives_its_json():
    schema = ModelSchema(FEATURES, tables_target(), "timestamp", "skops")
    assert ModelSchema.from_json(schema.to_json()) == schema


def tables_target():
    from runtime.schema import Target

    return Target("late", "binary", (False, True))


@pytest.mark.parametrize(
    ("feature", "value", "words"),
    [
        (0, "3.5", "'number' has to be a number or null; the text '3.5' is not"),
        (0, True, "the boolean 'True' is not"),
        (0, 1e39, "beyond"),
        (0, [1], "'number' has to be a number"),
        (1, 2.5, "'integer' has to be a whole number"),
        (2, 1, "'boolean' has to be true or false"),
        (3, 7, "'category' has to be a text"),
        (4, 1372636800, "'timestamp' has to be a time as ISO 8601"),
        (4, "yesterday", "'timestamp' has to be a time as ISO 8601"),
    ],
)
def test_a_wrong_value_is_refused_by_name(feature, value, words):
    row = [None] * 5
    row[feature] = value
    with pytest.raises(InputRefused, match=words.replace("(", r"\(")):
        RowEncoder(FEATURES).encode_rows([row])


def test_a_column_that_no_recipe_reads_is_refused_by_name():
    with pytest.raises(WorkloadFailure, match="'tags' has the type list"):
        feature_type("tags", pa.list_(pa.string()))


def test_dates_and_naive_times_are_times():
    feature = (Feature("day", "timestamp", True),)
    table = pa.table({"day": pa.array([date(2013, 7, 4)])})
    assert encode_table(feature, table).tolist() == [[2013, 7, 4, 3, 0]]
    assert RowEncoder(feature).encode_rows([["2013-07-04"]]).tolist() == [[2013, 7, 4, 3, 0]]
