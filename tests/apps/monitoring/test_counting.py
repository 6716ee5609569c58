"""From request bodies to counts: every shape that the model accepts is counted as the model read it."""

import json
import math
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.monitoring.charts import latency_chart
from apps.monitoring.services.counting import (
    LATENCY_EDGES_MS,
    Bins,
    count_values,
    day_of,
    empty,
    latency_bin,
    month_of,
    percentile_ms,
    rows_of,
)
from runtime.schema import Feature, ModelSchema, Target
from runtime.serving.inputs import INVOCATION_FORMS, InputReader

FEATURES = [Feature("a", "number", True), Feature("b", "category", True, order=("x", None))]
AT = datetime(2026, 3, 5, tzinfo=UTC)
NAMES = ["a", "b"]
ROWS = [{"a": 1, "b": "x"}, {"a": 2, "b": None}]
SHAPES = {
    "dataframe_split": {"dataframe_split": {"columns": ["b", "a"], "data": [["x", 1], [None, 2]]}},
    "dataframe_records": {"dataframe_records": ROWS},
    "instances": {"instances": ROWS},
    "instances as lists": {"instances": [[1, "x"], [2, None]]},
    "inputs as records": {"inputs": ROWS},
    "inputs as lists": {"inputs": [[1, "x"], [2, None]]},
    "inputs as columns": {"inputs": {"a": [1, 2], "b": ["x", None]}},
    "one row as inputs": {"inputs": {"a": 1, "b": "x"}},
    "open inference protocol": {
        "inputs": [
            {"name": "a", "shape": [2], "datatype": "FP64", "data": [1, 2]},
            {"name": "b", "shape": [2, 1], "datatype": "BYTES", "data": [["x"], [None]]},
        ]
    },
}


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_gives_the_same_rows(shape):
    assert rows_of(SHAPES[shape], NAMES) == (ROWS[:1] if shape == "one row as inputs" else ROWS)


def test_every_shape_that_the_model_accepts_is_among_them():
    assert {next(iter(body)) for body in SHAPES.values()} == set(INVOCATION_FORMS)


@pytest.mark.parametrize("shape", SHAPES)
def test_the_model_reads_the_rows_that_are_counted(shape):
    reader, body = InputReader(ModelSchema(FEATURES, Target("late", "regression"), None, "")), SHAPES[shape]
    read = reader.infer(body) if shape == "open inference protocol" else reader.invocation(body)
    counted = {"dataframe_records": rows_of(body, NAMES)}
    assert np.array_equal(read, reader.invocation(counted), equal_nan=True)


@pytest.mark.parametrize(
    "body",
    [
        *(None, 7, [], {}, {"inputs": []}, {"instances": 3}, {"dataframe_split": None}, {"inputs": [7]}),
        {"inputs": {"a": [1, 2], "b": ["x"]}},
    ],
)
def test_what_is_no_request_has_no_rows(body):
    assert rows_of(body, NAMES) == []


def test_numbers_that_no_sum_can_hold_are_counted_as_others():
    bins = Bins({"edges": [0.0, 1.0, 2.0]})
    counted = empty(bins)
    count_values([1e308, 1e308, -1e308, 10**400, float("inf"), 1.5], bins, counted)
    assert (counted.counts, counted.other, counted.rows, counted.total) == ([0, 1], 5, 6, 1.5)


@given(
    st.recursive(
        st.none() | st.integers() | st.text(max_size=3),
        lambda x: (
            st.lists(x, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    ["inputs", "instances", "dataframe_split", "dataframe_records", "name", "data", "columns"]
                ),
                x,
                max_size=3,
            )
        ),
        max_leaves=12,
    )
)
def test_no_body_breaks_the_drainer(body):
    assert isinstance(rows_of(body, NAMES), list)


def test_values_fall_into_the_bins_of_the_reference():
    bins = Bins({"edges": [0, 1, 2, 3], "counts": [1, 1, 1]})
    counted = empty(bins)
    count_values([-5, 0, 1, 1.5, 3, 99, None, float("nan"), "text"], bins, counted)

    assert counted.counts == [2, 2, 2]
    assert (counted.missing, counted.other, counted.rows) == (2, 1, 9)
    assert counted.total == pytest.approx(99.5)


def test_categories_are_counted_by_name_and_truth_as_text():
    bins = Bins({"categories": ["true", "false"]})
    counted = empty(bins)
    count_values([True, False, True, "else", None], bins, counted)

    assert (counted.counts, counted.other, counted.missing) == ([2, 1], 1, 1)


@given(
    st.lists(st.floats(min_value=0.001, max_value=20_000), min_size=1, max_size=200), st.sampled_from([0.5, 0.95, 0.99])
)
def test_a_percentile_is_never_less_than_what_was_measured(values, share):
    bins = [0] * (len(LATENCY_EDGES_MS) + 1)
    for value in values:
        bins[latency_bin(value)] += 1
    exact = sorted(values)[max(0, -(-int(share * 1000) * len(values) // 1000) - 1)]

    assert percentile_ms(bins, share) > exact
    assert (percentile_ms(bins, share) == math.inf) == (exact >= LATENCY_EDGES_MS[-1])
    assert percentile_ms([0, 0], share) is None


def test_answers_beyond_the_last_edge_are_drawn_and_told_as_that():
    def minute(at, *milliseconds):
        bins = [0] * (len(LATENCY_EDGES_MS) + 1)
        for value in milliseconds:
            bins[latency_bin(value)] += 1
        return SimpleNamespace(minute=at, latencies=bins)

    quick, slow = minute(AT, *[4] * 20), minute(AT + timedelta(minutes=1), *[4] * 10, *[9000] * 10)
    fast, both = latency_chart([quick]), latency_chart([quick, slow])
    drawn = {trace["name"]: trace["y"] for trace in both["data"]}

    assert fast["said"] == "95 of 100 answers took less than 5 ms."
    assert both["said"] == "Of 100 answers, more than 5 took more than 2.5 s."
    assert drawn["p50"] == [5, 5]
    assert drawn["p95"] == [5, None] and drawn["p95: more than 2.5 s"] == [2500]
    json.dumps(both, allow_nan=False)


@pytest.mark.parametrize(
    ("event_time", "month"),
    [
        ("2013-12-31T23:59:00Z", date(2013, 12, 1)),
        ("2013-12-31T23:59:00+04:00", date(2013, 12, 1)),
        ("2013-07-04", date(2013, 7, 1)),
        (None, date(2026, 3, 1)),
        ("soon", date(2026, 3, 1)),
        ("9999-01-01T00:00:00Z", date(2026, 3, 1)),
        ("0001-01-01T00:00:00Z", date(2026, 3, 1)),
    ],
)
def test_a_request_belongs_to_the_month_of_its_event(event_time, month):
    assert month_of(day_of(event_time, AT)) == month
