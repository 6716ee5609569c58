"""Windows go on with a stream, whoever is killed meanwhile, and come to what a version of the same events comes to."""

from __future__ import annotations

import random

import pytest

from apps.datasets import selectors as datasets
from apps.features import services
from apps.features.choices import BuildState
from apps.features.services.windows import advancing
from apps.streams import services as streams
from foundation import lake
from foundation.clock import now
from tests.apps.features.windows import reference
from tests.apps.features.windows.conftest import told
from tests.apps.features.windows.test_kernel import AGGREGATIONS, some_events
from tests.support.classes import said_of

pytestmark = pytest.mark.django_db(transaction=True)


def wanted_of(events):
    return reference.change_points(events, AGGREGATIONS, 60)


def test_a_stream_and_a_version_of_it_give_the_rows_of_the_reference(
    events_stream, define_windows, put, drain, run_jobs, rows_of_view, scientist, define, monkeypatch
):
    chance = random.Random(11)
    events = some_events(chance) + some_events(chance) + some_events(chance)
    chance.shuffle(events)
    first, second, third = events[:20], events[20:35], events[35:]
    stream = events_stream(*first)
    who = define.entity("who")
    view = define_windows(AGGREGATIONS, stream_id=stream.pk, entity=who)
    assert (view.state, view.failure, view.marked) == (BuildState.READY, "", False)
    assert rows_of_view(view) == wanted_of(first)
    monkeypatch.setattr(advancing, "_PAUSE", advancing.timedelta())

    put(stream, *map(told, second))
    drain(stream)
    run_jobs()
    assert rows_of_view(view) == wanted_of(first + second)
    assert view.follow["events"] == 35
    assert view.follow["online_step"] == view.follow["step"] == 2

    put(stream, *map(told, third))
    drain(stream)
    run_jobs()
    assert rows_of_view(view) == wanted_of(events)

    version = streams.cut_stream(actor=scientist, stream=drain(stream), now=now())
    run_jobs()
    version = said_of(datasets.get_version(actor=scientist, version_id=version.pk), scientist)
    batch = define_windows(AGGREGATIONS, "batch", version_id=version.pk, entity=who)
    assert rows_of_view(batch) == wanted_of(events)
