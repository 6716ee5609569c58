from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from apps.datasets import selectors as datasets
from apps.features import selectors, services
from apps.streams import services as streams
from foundation import lake
from foundation.clock import now
from foundation.jobs import JobHandle
from tests.apps.streams.conftest import dataset, drain, make_stream, put
from tests.support.classes import said_of

__all__ = ["dataset", "drain", "make_stream", "put"]

COLUMNS = [
    {"name": "who", "type": "text"},
    {"name": "at", "type": "time"},
    {"name": "known", "type": "time"},
    {"name": "x", "type": "number"},
    {"name": "i", "type": "whole"},
    {"name": "w", "type": "text"},
]


def as_time(us):
    return (datetime(2024, 1, 1, tzinfo=UTC) + timedelta(microseconds=us)).isoformat()


def told(event):
    """An event as it is pushed."""
    return {**event, "at": as_time(event["at"]), "known": as_time(event["known"])}


def us_of(moment):
    return (moment.replace(tzinfo=None) - datetime(2024, 1, 1)) // timedelta(microseconds=1)


@pytest.fixture
def events_stream(make_stream, put, drain, scientist, run_jobs):
    """A stream with a first event, of whose columns somebody has said what they hold."""

    def make(*events):
        stream = make_stream(columns=COLUMNS)
        put(stream, *map(told, events))
        stream = drain(stream)
        version = streams.cut_stream(actor=scientist, stream=stream, now=now())
        run_jobs()
        said_of(datasets.get_version(actor=scientist, version_id=version.pk), scientist)
        return stream

    return make


@pytest.fixture
def define_windows(define, scientist, project, run_jobs):
    def make(aggregations, name="windows", entity=None, **words):
        given = {"event_time": "at", "slide_seconds": 60, "created_column": "known", **words}
        view = services.define_windows(
            actor=scientist,
            project=project,
            entity=entity or define.entity("who"),
            name=name,
            aggregations=aggregations,
            **given,
        )
        run_jobs()
        view.refresh_from_db()
        return view

    return make


@pytest.fixture
def rows_of_view():
    def read(view):
        view.refresh_from_db()
        names = ["who", "at", *([view.created_column] if view.created_column else []), *view.feature_names]
        found = lake.for_tenant(view.tenant_id).read(selectors.view_table(view), columns=names).read_all()
        rows = [tuple(row[name] for name in names) for row in found.to_pylist()]
        return {(who, us_of(end), us_of(known)): tuple(values) for who, end, known, *values in rows}

    return read


@pytest.fixture
def handle(scientist):
    """A job that nobody keeps."""

    class Quiet:
        def progress(self, step, percent):
            pass

        def unwritten(self):
            return None

        def check(self):
            pass

    return JobHandle(job_id=uuid4(), attempt=1, actor=scientist, keeper=Quiet())
