"""Rows are joined only where it is sure whose they are: what of a key could be another one is refused, and mended."""

from __future__ import annotations

import io
import re
from datetime import datetime

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from apps.features import services
from apps.features.choices import BuildState
from apps.features.errors import DefinitionRefused
from tests.apps.features.shared import *  # noqa: F403

PLANES = b"plane,moment,delay\n7,2013-01-01 09:00:00,5\n9007199254740993,2013-01-01 09:00:00,50\n"
AT = datetime(2013, 1, 20)


@pytest.fixture
def planes(define, written, run_jobs):
    """A view whose key is a whole number."""
    sql = "SELECT plane, moment, delay AS last_delay FROM d"
    view = define.view(define.entity("plane"), "plane_delay", sql, event_time="moment", d=written("p.csv", PLANES))
    run_jobs()
    return view


@pytest.fixture
def ask(scientist, project, uploaded, run_jobs):
    """The same question about rows with these keys, answered."""

    def asking(keys):
        file = io.BytesIO()
        pq.write_table(pa.table({"plane": keys, "moment": [AT] * len(keys)}), file)
        words = {"event_time": "moment", "features": ["plane_delay:last_delay"]}
        words["upload_id"] = uploaded("rows.parquet", file.getvalue()).pk
        row = services.ask_for_history(actor=scientist, project=project, **words)
        run_jobs()
        row.refresh_from_db()
        return row

    return asking


KEYS = [
    (pa.array([7.0, None, float("nan"), 2.0**53 - 1]), ""),
    (pa.array([7, 2**53 + 1]), ""),
    # 2^53 + 1 has a delay, and as a DOUBLE it is this number.
    (pa.array([7.0, 2.0**53]), r"“plane” is DOUBLE.* in 1 row it is a fraction, or 2\^53 or more.*cast it to BIGINT"),
    (pa.array([7.5, -0.5, 7.0]), r"“plane” is DOUBLE.* in 2 rows it is a fraction"),
    (pa.array([7.0, 2.0**24], pa.float32()), r"“plane” is FLOAT.* in 1 row it is a fraction, or 2\^24 or more"),
]


def test_floating_keys_meet_whole_ones_where_each_is_one_number(planes, ask, subtests):
    for keys, said in KEYS:
        with subtests.test(keys=keys):
            row = ask(keys)
            assert row.state == (BuildState.FAILED if said else BuildState.READY), row.failure
            assert re.search(said, row.failure), row.failure
            assert said or row.leakage_proof["views"][0]["joined"] > 0


def test_a_training_set_and_its_preview_refuse_them_in_the_rows_that_it_takes(
    planes, define, written, run_jobs, scientist, project
):
    labels = b"plane,moment,late\n7.0,2013-01-20 09:00:00,1\n7.0,2013-01-21 09:00:00,0\n%s,2013-02-20 09:00:00,%s\n"
    unlabelled, labelled = (
        written(f"l{late.decode()}.csv", labels % (b"9007199254740992.0", late)) for late in (b"", b"1")
    )
    part = {"label": "late", "event_time": "moment", "features": [], "views": [{"view": planes.pk}]}
    for base, state in ((unlabelled, BuildState.READY), (labelled, BuildState.FAILED)):
        words = {"actor": scientist, "project": project, "base_version_id": base.pk, **part}
        if state == BuildState.READY:
            services.preview_training_set(**words)
        else:
            with pytest.raises(DefinitionRefused, match="in 1 row it is a fraction, or 2"):
                services.preview_training_set(**words)
        row = define.training_set(base, f"flights_{state}", **part)
        run_jobs()
        row.refresh_from_db()
        assert row.state == state, row.failure
    assert "in 1 row it is a fraction, or 2^53 or more" in row.failure


def test_a_day_and_a_moment_are_cast_to_one_another_and_not_joined_at_midnight(define, written, run_jobs):
    days = written("days.csv", b"day,moment,wind\n2013-01-01,2013-01-01 09:00:00,5\n")
    labels = written("labels.csv", b"day,moment,late\n2013-01-01 17:00:00,2013-01-20 09:00:00,1\n")
    by_day = define.view(
        define.entity("day"), "weather", "SELECT day, moment, wind AS blew FROM d", event_time="moment", d=days
    )
    sql = "SELECT day::TIMESTAMP AS at, moment, wind AS blew FROM d"
    then = define.view(define.entity("at"), "weather_then", sql, event_time="moment", d=days)
    run_jobs()
    refused = [
        (labels, by_day, {}, "“day” is TIMESTAMP.* is DATE: a day meets a moment at midnight alone.*day::DATE"),
        (days, then, {"at": "day"}, "“day” is DATE.* is TIMESTAMP: a day meets a moment at midnight.*day::TIMESTAMP"),
    ]
    for base, view, keys, said in refused:
        part = {"event_time": "moment", "features": [], "views": [{"view": view.pk, "keys": keys}]}
        with pytest.raises(DefinitionRefused, match=said):
            define.training_set(base, "flights", label="wind" if base is days else "late", **part)
    part = {"event_time": "moment", "features": [], "views": [{"view": by_day.pk}]}
    row = define.training_set(days, "same", label="wind", **part)
    run_jobs()
    row.refresh_from_db()
    assert (row.state, row.leakage_proof["views"][0]["joined"]) == (BuildState.READY, 1), row.failure
