"""Windows go on with a stream, whoever is killed meanwhile, and come to what a version of the same events comes to."""

from __future__ import annotations

import random
from datetime import datetime
from multiprocessing import get_context

import pytest
from django.db import connections

from apps.datasets import selectors as datasets
from apps.datasets import services as dataset_services
from apps.features import services
from apps.features.choices import BuildState
from apps.features.models import SkewCheck
from apps.features.services.windows import advancing, computing, taking
from apps.streams import services as streams
from apps.tenants import services as tenants
from apps.tenants.models import BinnedThing
from foundation.clock import now
from tests.apps.features.windows import reference
from tests.apps.features.windows.conftest import told
from tests.apps.features.windows.test_kernel import AGGREGATIONS, some_events
from tests.foundation.storage.test_shredding import everything_on_disk, holding
from tests.support.classes import said_of

FOUND: list[object] = []
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("as_many_threads_as_in_use")]


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


class Killed(BaseException):
    """As if the process had ended here."""


@pytest.fixture
def at_once(monkeypatch):
    monkeypatch.setattr(advancing, "_PAUSE", advancing.timedelta())


def test_whoever_is_cut_off_between_any_two_writes_is_followed_without_loss_or_double(
    events_stream, define_windows, put, drain, rows_of_view, handle, monkeypatch
):
    chance = random.Random(5)
    events = some_events(chance) + some_events(chance)
    stream = events_stream(*events[:10])
    view = define_windows(AGGREGATIONS, stream_id=stream.pk)
    here, count = events[:10], 10
    for broken in ("take_added", "compute_added", "_note", "_put_online"):
        count += 12
        here = events[:count]
        put(stream, *map(told, events[count - 12 : count]))
        drain(stream)
        for after in (False, True):
            with monkeypatch.context() as patched, pytest.raises(Killed):
                patched.setattr(advancing, broken, dies(getattr(advancing, broken), after=after))
                services.advance_view(job=handle, view_id=view.pk)
            if broken == "_put_online" and after:
                break
        services.advance_view(job=handle, view_id=view.pk)
        assert rows_of_view(view) == wanted_of(here)
        assert view.follow["events"] == count
        assert view.follow["online_step"] == view.follow["step"]


def dies(act, *, after):
    def instead(*given, **more):
        if after:
            act(*given, **more)
        raise Killed

    return instead


def test_a_process_killed_in_the_middle_of_a_step_loses_and_doubles_nothing(
    events_stream, define_windows, put, drain, rows_of_view, handle
):
    events = some_events(random.Random(21)) + some_events(random.Random(22))
    stream = events_stream(*events[:5])
    view = define_windows(AGGREGATIONS, stream_id=stream.pk)
    for start in range(5, len(events), 40):
        put(stream, *map(told, events[start : start + 40]))
        drain(stream)
        child = get_context("fork").Process(target=advance, args=(handle, view.pk))
        child.start()
        child.join(random.Random(start).random() * 0.8)  # any moment will do: no state is waited for
        child.kill()
        child.join()
    services.advance_view(job=handle, view_id=view.pk)
    assert rows_of_view(view) == wanted_of(events)


def advance(handle, view_id):
    """In a process of its own; the connections that it found are its parent's, and are not even closed."""
    for connection in connections.all():
        connection.inc_thread_sharing()
        FOUND.append(connection.connection)
        connection.connection = None
    services.advance_view(job=handle, view_id=view_id)


def test_the_next_version_of_a_dataset_that_has_grown_goes_on_from_the_one_before(
    events_stream, define_windows, put, drain, run_jobs, rows_of_view, scientist, define, monkeypatch
):
    events = some_events(random.Random(7)) + some_events(random.Random(8))
    stream = events_stream(*events[:15])
    first = datasets.latest_ready(stream.dataset)
    who = define.entity("who")
    view = define_windows(AGGREGATIONS, version_id=first.pk, entity=who)
    assert rows_of_view(view) == wanted_of(events[:15])
    put(stream, *map(told, events[15:]))
    second = streams.cut_stream(actor=scientist, stream=drain(stream), now=now())
    run_jobs()
    second = said_of(datasets.get_version(actor=scientist, version_id=second.pk), scientist)
    monkeypatch.setattr(computing, "take_all", None)  # all of it is not read again
    newer = define_windows(AGGREGATIONS, version_id=second.pk, entity=who)
    assert (newer.number, newer.state, newer.failure) == (2, BuildState.READY, "")
    assert rows_of_view(newer) == wanted_of(events)
    assert newer.follow["step"] == 2


def test_events_that_arrive_late_are_known_since_they_arrived(
    events_stream, define_windows, put, drain, handle, rows_of_view, scientist
):
    stream = events_stream({"who": "a", "at": 0, "known": 0, "x": 1.0, "i": 1, "w": "x"})
    count = [{"name": "n", "function": "count", "column": "", "seconds": 120}]
    view = define_windows(count, stream_id=stream.pk, created_column="", known_since="arrival")
    assert view.created_column == "known_since"
    # It left every window long before it arrived.
    assert view.state == BuildState.FAILED
    assert "no window" in view.failure


def test_whoever_asks_while_a_step_goes_on_is_told_what_a_join_says_of_that_moment(
    events_stream, define_windows, put, drain, handle, scientist, monkeypatch
):
    """Of events that count since they arrived: they do so once their values are online."""
    monkeypatch.setattr(taking, "SHORTEST_LEAD", taking.timedelta())
    since = now() - taking.timedelta(minutes=5)
    at = (since.replace(tzinfo=None) - datetime(2024, 1, 1)) // taking.timedelta(microseconds=1)
    event = {"who": "a", "at": at, "known": at, "x": 1.0, "i": 1, "w": "x"}
    stream = events_stream(event)
    count = [{"name": "n", "function": "count", "column": "", "seconds": 3600}]
    view = define_windows(count, stream_id=stream.pk, created_column="", known_since="arrival")
    services.watch_skew(actor=scientist, view_id=view.pk, share=1.0, limit=0.0)
    monkeypatch.setattr(taking, "SHORTEST_LEAD", taking.timedelta(seconds=60))
    put(stream, told(event))
    drain(stream)
    for step in ("_compute", "_put_online"):
        monkeypatch.setattr(advancing, step, asked_before(getattr(advancing, step), scientist, view))
    services.advance_view(job=handle, view_id=view.pk)
    [answer] = services.read_online(actor=scientist, view_ids=[view.pk], entities=[{"who": "a"}])
    assert answer["features"] == {"n": 1}
    services.check_served(now=now())
    row = SkewCheck.objects.get()
    assert (row.compared, row.different, row.kinds) == (3, 0, {})


def asked_before(act, actor, view):
    def instead(*given, **more):
        services.read_online(actor=actor, view_ids=[view.pk], entities=[{"who": "a"}])
        return act(*given, **more)

    return instead


@pytest.mark.parametrize("in_bin", [False, True])
def test_a_person_erased_from_the_stream_is_gone_from_rows_events_and_values_online(
    in_bin,
    with_keys_of_the_tenant,
    events_stream,
    define_windows,
    put,
    drain,
    run_jobs,
    rows_of_view,
    admin,
    project,
    at_once,
):
    events = [
        {"who": who, "at": n * 60_000_000, "known": n * 60_000_000, "x": 1.0, "i": n, "w": "x"}
        for n, who in enumerate(["kept-one", "gone-CANARY-5", "kept-two"])
    ]
    stream = events_stream(events[0])
    view = define_windows(AGGREGATIONS, stream_id=stream.pk)
    put(stream, *map(told, events[1:]))
    drain(stream)
    run_jobs()
    assert {key[0] for key in rows_of_view(view)} == {"kept-one", "gone-CANARY-5", "kept-two"}
    [before] = services.read_online(actor=admin, view_ids=[view.pk], entities=[{"who": "gone-CANARY-5"}])
    assert before["missing"] == []

    if in_bin:
        services.ask_to_remove_view(actor=admin, view=view, confirmation=str(view))
        run_jobs()
    dataset_services.erase_person(actor=admin, project=project, column="who", value="gone-CANARY-5")
    run_jobs()
    run_jobs()
    if in_bin:
        assert holding({"person": b"gone-CANARY-5"}, *everything_on_disk()) == set()
        tenants.restore(actor=admin, binned=BinnedThing.objects.get(thing_id=view.pk))
        run_jobs()
    view.refresh_from_db()
    assert view.state == BuildState.READY
    assert rows_of_view(view) == wanted_of([events[0], events[2]])
    [after] = services.read_online(actor=admin, view_ids=[view.pk], entities=[{"who": "gone-CANARY-5"}])
    assert after["missing"] == [str(view)]
    assert holding({"person": b"gone-CANARY-5"}, *everything_on_disk()) == set()
