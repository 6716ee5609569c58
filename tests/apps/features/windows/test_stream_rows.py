"""A view by SQL follows a stream: event by event, in any order, to what a version of the same events comes to."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

import pytest

from apps.datasets import selectors as datasets
from apps.datasets import services as dataset_services
from apps.features import selectors, services
from apps.features.choices import BuildState, ViewKind
from apps.features.errors import DefinitionRefused
from apps.features.models import SkewCheck
from apps.features.services.windows import advancing, taking
from apps.streams import services as streams
from apps.tenants import services as tenants
from apps.tenants.models import BinnedThing
from foundation import jobs, lake
from foundation.clock import now
from foundation.errors import Invalid
from tests.apps.features.test_erasing import online_keys
from tests.apps.features.windows.conftest import as_time, told
from tests.apps.features.windows.test_kernel import some_events
from tests.apps.features.windows.test_stream_windows import Killed, asked_before, dies
from tests.foundation.storage.test_shredding import everything_on_disk, holding
from tests.support.classes import said_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("as_many_threads_as_in_use")]
SQL = "SELECT who, clicks.at, known, x * 2 AS twice, w FROM clicks WHERE i IS NULL OR i > 0"


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    monkeypatch.setattr(advancing, "_PAUSE", advancing.timedelta())


@pytest.fixture
def define_rows(define, scientist, project, run_jobs):
    entity = []

    def make(source, name="clicks", sql=SQL, **words):
        entity.append(entity[0] if entity else define.entity("who"))
        given = {"event_time": "at", "created_column": "known", **words}
        by = {"actor": scientist, "project": project, "entity": entity[0]}
        view = services.define_view(**by, name=name, sql=sql, inputs={"clicks": source.pk}, **given)
        run_jobs()
        view.refresh_from_db()
        return view

    return make


def event(who, minute, x=1.0, *, late=0, i=1, w="x"):
    return {"who": who, "at": minute * 60_000_000, "known": (minute + late) * 60_000_000, "x": x, "i": i, "w": w}


def rows_of(view):
    """Its rows with their marks; of what is missing the text, so that they can be sorted."""
    view.refresh_from_db()
    found = lake.for_tenant(view.tenant_id).read(selectors.view_table(view)).read_all().to_pylist()
    return sorted(tuple(str(value).removesuffix("+00:00") for value in row.values()) for row in found)


def seen_of(view):
    """What a join may see of it."""
    return [row[:-1] for row in rows_of(view) if row[-1] == "True"]


def some_clicks(chance):
    """With `at` where days can be asked for, and no time before which the view would not be asked."""
    return [one for one in some_events(chance) if one["known"] >= one["at"]]


def cut(stream, scientist, drain, run_jobs):
    version = streams.cut_stream(actor=scientist, stream=drain(stream), now=now())
    run_jobs()
    return said_of(datasets.get_version(actor=scientist, version_id=version.pk), scientist)


def joined(view, labels, define, run_jobs):
    """What a training set has of the view at each label: {(who, at): (twice, w)}."""
    part = {"view": view.pk, "keys": {"who": "who"}}
    made = define.training_set(labels, f"of_{view.name}", event_time="at", features=["who"], views=[part])
    run_jobs()
    made.refresh_from_db()
    assert (made.state, made.failure) == (BuildState.READY, "")
    assert (made.leakage_proof["violations"], made.leakage_proof["mismatches"]) == (0, 0)
    rows = lake.for_tenant(made.tenant_id).read(selectors.training_table(made)).read_all().to_pylist()
    return {(row["who"], row["at"]): (row["twice"], row["w"]) for row in rows}


def online(actor, view, *names):
    found = services.read_online(actor=actor, view_ids=[view.pk], entities=[{"who": name} for name in names])
    return {name: tuple(one["features"].get(f) for f in ("twice", "w")) for name, one in zip(names, found, strict=True)}


def test_steps_in_any_order_are_the_rows_of_one_version_offline_and_online(
    events_stream, define_rows, put, drain, run_jobs, scientist, define, written
):
    chance = random.Random(12)
    events = some_clicks(chance) + some_clicks(chance) + some_clicks(chance)
    chance.shuffle(events)
    stream = events_stream(*events[:20])
    view = define_rows(stream)
    assert (view.kind, view.state, view.failure, view.marked) == (ViewKind.SQL, BuildState.READY, "", True)
    assert [one["name"] for one in view.features] == ["twice", "w"]
    assert [column["name"] for column in view.profile["columns"]] == ["who", "at", "known", "twice", "w"]
    for start in range(20, len(events), 30):
        put(stream, *map(told, events[start : start + 30]))
        drain(stream)
        run_jobs()
    view.refresh_from_db()
    taken = [one for one in events if one["i"] is None or one["i"] > 0]
    assert view.follow["events"] == len(taken)
    assert view.follow["online_step"] == view.follow["step"] > 2

    version = cut(stream, scientist, drain, run_jobs)
    once = define_rows(stream, "once")
    assert rows_of(once) == rows_of(view)
    batch = define_rows(version, "batch")
    assert batch.follow == {}
    assert seen_of(view) == seen_of(batch) != []
    moments = [(who, chance.randrange(-600, 2500) * 1_000_000) for who in "ab" for _try in range(20)]
    moments += [("a", 4_000_000_000), ("b", 4_000_000_000)]
    lines = "".join(f"{who},{as_time(us)},1\n" for who, us in moments)
    labels = written("labels.csv", f"who,at,late\n{lines}".encode())
    mine = joined(view, labels, define, run_jobs)
    assert mine == joined(batch, labels, define, run_jobs)
    last = max(at for _who, at in mine)
    assert online(scientist, view, "a", "b") == {who: mine[who, last] for who in "ab"}


def test_a_late_event_leaves_what_is_newer_where_it_is(events_stream, define_rows, put, drain, run_jobs, scientist):
    stream = events_stream(event("a", 10, 10.0))
    view = define_rows(stream)
    put(stream, told(event("a", 5, 5.0, late=10)), told(event("b", 5, 7.0, late=10)))
    drain(stream)
    run_jobs()
    assert online(scientist, view, "a", "b") == {"a": (20.0, "x"), "b": (14.0, "x")}
    assert len(rows_of(view)) == 3
    assert len(seen_of(view)) == 2
    put(stream, told(event("a", 10, 11.0, late=20)))
    drain(stream)
    run_jobs()
    assert online(scientist, view, "a") == {"a": (22.0, "x")}, "a correction of the newest is one"


def test_whoever_is_cut_off_between_any_two_writes_is_followed_without_loss_or_double(
    events_stream, define_rows, put, drain, handle, monkeypatch
):
    events = some_clicks(random.Random(5)) + some_clicks(random.Random(6))
    stream = events_stream(*events[:10])
    view, count = define_rows(stream), 10
    for broken in ("take_added", "compute_added", "_note", "_put_online"):
        count += 12
        put(stream, *map(told, events[count - 12 : count]))
        drain(stream)
        for after in (False, True):
            with monkeypatch.context() as patched, pytest.raises(Killed):
                patched.setattr(advancing, broken, dies(getattr(advancing, broken), after=after))
                services.advance_view(job=handle, view_id=view.pk)
            if broken == "_put_online" and after:
                break
        services.advance_view(job=handle, view_id=view.pk)
        view.refresh_from_db()
        assert view.follow["online_step"] == view.follow["step"]
    assert rows_of(view) == rows_of(define_rows(stream, "once"))


def test_without_a_created_column_an_event_is_known_since_it_arrived(
    events_stream, define_rows, put, drain, handle, scientist, monkeypatch
):
    """And whoever asks while a step goes on is told what a join says of that moment."""
    monkeypatch.setattr(taking, "SHORTEST_LEAD", taking.timedelta())
    since = (now().replace(tzinfo=None) - datetime(2024, 1, 1)) // timedelta(minutes=1) - 5
    stream = events_stream(event("a", since))
    view = define_rows(stream, created_column="", ttl_seconds=3600)
    assert (view.created_column, view.windows["known_since"]) == ("known_since", "arrival")
    services.watch_skew(actor=scientist, view_id=view.pk, share=1.0, limit=0.0)
    monkeypatch.setattr(taking, "SHORTEST_LEAD", taking.timedelta(seconds=60))
    put(stream, told(event("a", since + 1, 2.0)))
    drain(stream)
    for step in ("_compute", "_put_online"):
        monkeypatch.setattr(advancing, step, asked_before(getattr(advancing, step), scientist, view))
    services.advance_view(job=handle, view_id=view.pk)
    assert online(scientist, view, "a") == {"a": (2.0, "x")}, "it counts once its value is online"
    services.check_served(now=now())
    row = SkewCheck.objects.get()
    assert (row.compared, row.different, row.kinds) == (3, 0, {})


def test_the_event_time_as_created_column_is_known_at_once(events_stream, define_rows):
    view = define_rows(events_stream(event("a", 1, late=90)), created_column="at")
    assert (view.created_column, view.windows["known_since"]) == ("", "event")
    assert services.created_said(view) == "at"
    assert rows_of(view) == [("a", "2024-01-01 00:01:00", "2024-01-01 01:31:00", "2.0", "x", "True")]


SEVERAL = {
    "SELECT who, clicks.at, known, max(x) AS x FROM clicks GROUP BY ALL": "GROUP BY looks at several",
    "SELECT max(who) AS who, max(clicks.at) AS at, now() AS known FROM clicks": "NOW reads the clock",
    "SELECT DISTINCT who, clicks.at, known, x FROM clicks": "DISTINCT looks at several",
    "SELECT who, clicks.at, known, lag(x) OVER (ORDER BY clicks.at) AS x FROM clicks": "OVER looks at several",
    "SELECT a.who, a.at, a.known, b.x FROM clicks a JOIN clicks b ON a.who = b.who": "JOIN looks at several",
    "SELECT who, clicks.at, known, x FROM clicks ORDER BY clicks.at, who LIMIT 5": "as an aggregation of windows",
    "SELECT who, clicks.at, known, (SELECT max(x) FROM clicks) AS x FROM clicks": "SELECT looks at several",
    "SELECT who, clicks.at, known, x FROM clicks UNION ALL SELECT * EXCLUDE (i, w) FROM clicks": "UNION looks",
    "SELECT who, clicks.at, known, x::TIME AS x FROM clicks": "",
}


def test_what_looks_at_several_events_or_beside_them_is_refused_in_words(
    events_stream, define_rows, define, scientist, project
):
    stream = events_stream(event("a", 1))
    for sql, said in SEVERAL.items():
        with pytest.raises(Invalid) as refused:
            define_rows(stream, sql=sql)
        assert said in refused.value.sentence
    version = datasets.latest_ready(stream.dataset)
    words = {"entity": define.entity("other"), "name": "both", "event_time": "at", "created_column": "known"}
    with pytest.raises(DefinitionRefused, match="reads nothing beside it"):
        services.define_view(
            actor=scientist, project=project, sql=SQL, inputs={"clicks": stream.pk, "more": version.pk}, **words
        )


def test_an_event_time_without_a_zone_is_utc(events_stream, define_rows, put, drain, run_jobs):
    stream = events_stream(event("a", 1))
    view = define_rows(stream, created_column="at")
    moments = ("2024-01-01T00:02:00", "2024-01-01T00:02:00Z", "2024-01-01T04:02:00+04:00")
    put(stream, *({**told(event(who, 2)), "at": at} for who, at in zip("bcd", moments, strict=True)))
    drain(stream)
    run_jobs()
    assert [row[:2] for row in rows_of(view)[1:]] == [(who, "2024-01-01 00:02:00") for who in "bcd"]


def test_events_without_a_key_or_a_time_are_left_out_and_counted(events_stream, define_rows, put, drain, run_jobs):
    stream = events_stream(event("a", 1))
    view = define_rows(stream)
    put(stream, {**told(event("a", 2)), "who": None}, {**told(event("b", 2)), "at": None}, told(event("c", 2)))
    put(stream, told(event("x" * 10_000, 2)))
    drain(stream)
    run_jobs()
    assert [row[0] for row in rows_of(view)] == ["a", "c"]
    assert view.follow["left_out"] == 3


def test_a_person_erased_from_the_stream_is_gone_from_rows_events_and_values_online(
    with_keys_of_the_tenant, events_stream, define_rows, put, drain, run_jobs, admin, project
):
    stream = events_stream(event("kept-one", 1))
    view = define_rows(stream)
    put(stream, told(event("gone-CANARY-6", 2)), told(event("kept-two", 3)))
    drain(stream)
    run_jobs()
    assert online(admin, view, "gone-CANARY-6") == {"gone-CANARY-6": (2.0, "x")}
    dataset_services.erase_person(actor=admin, project=project, column="who", value="gone-CANARY-6")
    run_jobs()
    run_jobs()
    assert [row[0] for row in rows_of(view)] == ["kept-one", "kept-two"]
    [after] = services.read_online(actor=admin, view_ids=[view.pk], entities=[{"who": "gone-CANARY-6"}])
    assert (view.state, after["missing"]) == (BuildState.READY, [str(view)])
    assert holding({"person": b"gone-CANARY-6"}, *everything_on_disk()) == set()


def test_a_person_erased_while_the_view_lies_in_the_bin_is_not_online_either(
    with_keys_of_the_tenant, events_stream, define_rows, put, drain, run_jobs, admin, project
):
    """Also where somebody cancelled the job that takes its values offline."""
    stream = events_stream(event("kept-one", 1))
    view = define_rows(stream)
    put(stream, told(event("gone-CANARY-7", 2)))
    drain(stream)
    run_jobs()
    services.ask_to_remove_view(actor=admin, view=view, confirmation=str(view))
    jobs.cancel_of(actor=admin, subject=("feature_view", view.pk))
    assert len(online_keys(view)) == 2
    dataset_services.erase_person(actor=admin, project=project, column="who", value="gone-CANARY-7")
    run_jobs()
    run_jobs()
    assert online_keys(view) == []
    tenants.restore(actor=admin, binned=BinnedThing.objects.get(thing_id=view.pk))
    run_jobs()
    assert [row[0] for row in rows_of(view)] == ["kept-one"]
    assert len(online_keys(view)) == 1
    assert holding({"person": b"gone-CANARY-7"}, *everything_on_disk()) == set()
