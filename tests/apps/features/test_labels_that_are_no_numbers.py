"""NaN and infinity are missing in what a training set takes of its own data, as they are in features."""

from __future__ import annotations

import io
from datetime import datetime

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from apps.features import selectors, services
from apps.features.choices import BuildState
from foundation import lake
from tests.apps.features.shared import *  # noqa: F403

NAN, INF = float("nan"), float("inf")


@pytest.fixture
def base(ingested):
    """Of six rows one has no label, and three have one that is no number."""
    columns = {
        "carrier": ["AA"] * 6,
        "moment": pa.array([datetime(2013, 1, day) for day in range(10, 16)], pa.timestamp("us")),
        "late": [1.0, 0.0, NAN, INF, -INF, None],
        "wind": pa.array([NAN, -INF, 1.0, 2.0, 3.0, 4.0], pa.float32()),
    }
    file = io.BytesIO()
    pq.write_table(pa.table(columns), file)
    return ingested("labels.parquet", file.getvalue())


def test_a_row_whose_label_is_no_number_is_left_out_and_a_column_has_none(define, base, view, run_jobs):
    row = define.training_set(base, "x", event_time="moment", features=["wind"], views=[{"view": view.pk}])
    run_jobs()
    row.refresh_from_db()
    assert row.state == BuildState.READY, row.failure
    rows = lake.for_tenant(row.tenant_id).read(selectors.training_table(row)).read_all().to_pylist()
    assert sorted((one["late"], one["wind"], one["recent_delay"]) for one in rows) == [(0.0, None, 50), (1.0, None, 5)]
    proof = row.leakage_proof
    assert [proof[name] for name in ("in_window", "labelled", "without_label", "rows")] == [6, 2, 4, 2]


def test_a_preview_says_the_same_of_them(define, base, view):
    words = {"base_version_id": base.pk, "label": "late", "event_time": "moment", "features": ["wind"]}
    report = services.preview_training_set(**define._by, **words, views=[{"view": view.pk}])
    assert (report["rows"], [one["missing"] for one in report["columns"] if one["name"] == "wind"]) == (2, [1.0])
