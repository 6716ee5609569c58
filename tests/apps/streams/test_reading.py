"""What becomes of events: rows, late ones, poison; read by one attempt after another."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from apps.datasets.models import DatasetVersion
from apps.streams import selectors, services
from apps.streams.choices import MOST_EVENT_BYTES, StreamState
from apps.streams.services import reading
from foundation import lake
from foundation.clock import now
from foundation.errors import Conflict, Invalid
from foundation.lake import MarkMoved

pytestmark = pytest.mark.django_db
MINUTE = 60_000


def click(n, **more):
    return {"n": n, "at": f"2026-03-01T10:{n % 60:02d}:00Z", "price": n / 2, "text": f"é{n}", **more}


def test_events_become_rows_once_and_what_was_read_waits_no_more(make_stream, put, drain, rows_of):
    stream = make_stream()
    put(stream, *(click(n) for n in range(5)))
    drain(stream)
    put(stream, *(click(n) for n in range(5, 7)))
    drain(drain(stream))
    assert [(row["n"], row["price"], row["text"]) for row in rows_of(stream)] == [(n, n / 2, f"é{n}") for n in range(7)]
    assert (stream.rows, stream.late_rows, stream.quarantined, stream.lag) == (7, 0, 0, 0)
    assert stream.watermark.isoformat() == "2026-03-01T10:06:00+00:00"
    assert stream.attempt == 3 and stream.lease_until is None


POISON = [
    (b"no json", ("undecodable", "")),
    (b'{"n": 1', ("undecodable", "")),
    (b"[1]", ("not_object", "")),
    (b"[" * 5000, ("undecodable", "")),
    (b'{"n": NaN}', ("undecodable", "")),
    (b'{"n": "\xff"}', ("undecodable", "")),
    (b'{"text": "a"}', ("missing", "n")),
    (b'{"n": null}', ("missing", "n")),
    (b'{"n": "1"}', ("wrong_type", "n")),
    (b'{"n": 1.5}', ("wrong_type", "n")),
    (b'{"n": true}', ("wrong_type", "n")),
    (b'{"n": 9223372036854775808}', ("wrong_type", "n")),
    (b'{"n": 1, "at": "yesterday"}', ("wrong_type", "at")),
    (b'{"n": 1, "price": "2"}', ("wrong_type", "price")),
    (b'{"n": 1, "text": {"a": 1}}', ("wrong_type", "text")),
    (b'{"n": 1, "text": "' + b"x" * MOST_EVENT_BYTES + b'"}', ("too_large", "")),
]


def test_poison_goes_to_quarantine_with_its_rule_and_stops_nothing(make_stream, put, drain, rows_of, aside_of):
    stream = make_stream()
    for number, (poison, _why) in enumerate(POISON):
        put(stream, click(number), poison)
    drain(stream)
    assert rows_of(stream, "n") == list(range(len(POISON)))
    assert aside_of(stream) == sorted((*why, body) for body, why in POISON)
    assert (stream.state, stream.quarantined) == (StreamState.RUNNING, len(POISON))


def test_values_that_say_the_same_in_other_words_are_taken(make_stream, put, drain, rows_of):
    stream = make_stream()
    put(
        stream,
        {"n": 1.0, "at": 1772359200000, "price": 3, "more": "is left out"},
        {"n": 2, "at": "2026-03-01 14:00:00+04:00"},
        {"n": 3, "at": "2026-03-01T10:00:00"},
    )
    rows = rows_of(drain(stream))
    assert [row["n"] for row in rows] == [1, 2, 3]
    assert len({row["at"] for row in rows}) == 1
    assert [row["price"] for row in rows] == [3.0, None, None]


@pytest.mark.parametrize("late", ["keep", "quarantine"])
@pytest.mark.parametrize("batch_rows", [3, 100])
def test_what_is_late_is_the_same_however_it_is_cut_into_batches(
    make_stream, put, drain, rows_of, aside_of, late, batch_rows
):
    stream = make_stream(late=late, lateness=timedelta(minutes=5), batch_rows=batch_rows)
    minutes = [10, 20, 16, 15, 14, 21, 15, 16, 3, 30, 24]
    put(stream, *({"n": n, "at": f"2026-03-01T10:{minute:02d}:00Z"} for n, minute in enumerate(minutes)), {"n": 99})
    # A clock that is wrong makes nobody else late.
    put(stream, {"n": 100, "at": "2999-01-01T00:00:00Z"}, {"n": 101, "at": "2026-03-01T10:29:00Z"})
    drain(stream)
    late_ones = [4, 6, 8, 10]
    assert stream.late_rows == len(late_ones)
    kept = [n for n in (*range(len(minutes)), 99, 100, 101) if late == "keep" or n not in late_ones]
    assert rows_of(stream, "n") == kept
    aside = sorted(json.loads(body)["n"] for _rule, _column, body in aside_of(stream))
    assert aside == (late_ones if late != "keep" else [])
    assert stream.watermark.isoformat() == "2026-03-01T10:25:00+00:00"


def test_an_older_attempt_writes_nothing_any_more(tenant, make_stream, put, rows_of):
    stream = make_stream()
    put(stream, click(1))
    old = services.take(tenant, stream.pk)
    assert services.take(tenant, stream.pk) is None, "somebody has it"
    type(stream).objects.filter(pk=stream.pk).update(lease_until=now() - timedelta(seconds=1))
    new = services.take(tenant, stream.pk)
    with pytest.raises(reading.Lost):
        old.turn()
    # One that was halted between its look and its write finds the table further on.
    batch = old._next()
    new.turn()
    with pytest.raises(MarkMoved):
        old._write(batch)
    assert rows_of(stream, "n") == [1]
    old.close()
    new.release()


def test_a_paused_stream_is_read_by_nobody_and_goes_on_where_it_stopped(
    tenant, scientist, make_stream, put, drain, rows_of
):
    stream = make_stream()
    put(stream, click(1))
    drain(stream)
    services.pause_stream(actor=scientist, stream=stream)
    put(stream, click(2))
    assert services.take(tenant, stream.pk) is None
    with pytest.raises(Conflict):
        services.pause_stream(actor=scientist, stream=stream)
    services.resume_stream(actor=scientist, stream=stream)
    assert rows_of(drain(stream), "n") == [1, 2]


def test_quarantined_events_are_read_again_after_a_change_each_once(
    scientist, make_stream, put, drain, rows_of, aside_of, run_jobs
):
    stream = make_stream()
    put(stream, click(1), {"text": "without"}, b"broken", click(2))
    drain(stream)
    columns = [{**column, "required": False} for column in stream.columns] + [{"name": "added", "type": "flag"}]
    services.edit_stream(actor=scientist, stream=stream, columns=columns)
    for _twice in range(2):
        services.replay_quarantine(actor=scientist, stream=stream)
        run_jobs()
    put(stream, click(3, added=True))
    drain(stream)
    assert [(row["n"], row["added"]) for row in rows_of(stream)] == [(1, None), (2, None), (None, None), (3, True)]
    assert aside_of(stream) == [("undecodable", "", b"broken")]
    assert stream.replayed == 1
    assert services.discard_quarantine(actor=scientist, stream=stream) == 1
    stream.refresh_from_db()
    assert stream.quarantined == 2, "so many came in all"


def test_a_column_keeps_its_type_once_rows_are_there(scientist, make_stream, put, drain):
    stream = make_stream()
    with pytest.raises(Invalid, match="keeps its type"):
        services.edit_stream(actor=scientist, stream=stream, columns=[{"name": "n", "type": "text"}])
    put(stream, click(1))
    drain(stream)
    with pytest.raises(Invalid, match="of another type"):
        make_stream(name="Another", columns=[{"name": "N", "type": "text"}], event_time="")


def test_a_version_is_cut_out_of_what_came(scientist, make_stream, put, drain, run_jobs, dataset):
    stream = make_stream(cut="rows", cut_rows=3)
    with pytest.raises(Conflict, match="No event has come"):
        services.cut_stream(actor=scientist, stream=stream, now=now())
    put(stream, *(click(n) for n in range(3)))
    drain(stream)
    assert services.cut_due_streams(now=now()) == 1
    assert services.cut_due_streams(now=now()) == 0, "nothing came since"
    run_jobs()
    put(stream, click(3))
    drain(stream)
    with_four = services.cut_stream(actor=scientist, stream=stream, now=now())
    run_jobs()
    with pytest.raises(Conflict, match="since the last version"):
        services.cut_stream(actor=scientist, stream=stream, now=now())
    first, second = DatasetVersion.objects.filter(dataset=dataset).order_by("number")
    assert second == with_four
    assert [(v.state, v.row_count, v.source["kind"]) for v in (first, second)] == [
        ("ready", 3, "stream"),
        ("ready", 4, "stream"),
    ]
    tables = lake.for_tenant(stream.tenant_id)
    tables.compact(stream.table)
    tables.expire(keep=[lake.TableAt(v.lake_table, v.lake_snapshot) for v in (first, second)])
    assert [tables.digest(lake.TableAt(v.lake_table, v.lake_snapshot)) for v in (first, second)] == [
        first.digest,
        second.digest,
    ]


def test_a_stream_is_deleted_with_what_it_set_aside_and_its_rows_stay(scientist, make_stream, put, drain, rows_of):
    stream = make_stream()
    put(stream, click(1), b"broken")
    drain(stream)
    with pytest.raises(Conflict, match="Pause"):
        services.delete_stream(actor=scientist, stream=stream)
    services.pause_stream(actor=scientist, stream=stream)
    services.delete_stream(actor=scientist, stream=stream)
    assert rows_of(stream, "n") == [1]
    assert not selectors.visible_streams(actor=scientist).exists()
    [version] = stream.dataset.versions.all()
    assert (version.source["kind"], version.source["rows"]) == ("stream", 1), "what came last is in a version, too"
