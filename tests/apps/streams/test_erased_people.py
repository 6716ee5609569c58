"""Whoever was erased stays so: what waited in a broker meanwhile is left out, and what lies in quarantine is opened."""

from __future__ import annotations

import json
import time
from uuid import uuid4

import pytest

from apps.datasets import services as datasets
from apps.datasets.choices import ErasedKind, ErasureState
from apps.datasets.models import ErasedThing, Erasure
from apps.datasets.services.erasing.sealing import digest_of_value
from apps.streams import services
from apps.streams.models import Stream
from apps.streams.services import erasing
from foundation import lake, ledger
from foundation.lake import LakeUnavailable, MarkMoved

pytestmark = pytest.mark.django_db
COLUMNS = [{"name": "n", "type": "whole", "required": True}, {"name": "who", "type": "text"}]
TOKENS = [COLUMNS[0], {**COLUMNS[1], "tokenise": True}]


@pytest.fixture(autouse=True)
def with_keys_of_the_tenant(settings):
    settings.LAKE_KEYS = "foundation.lake.keys.keys_of"


@pytest.fixture
def erase(admin, project, run_jobs):
    def run(who, column="who", done=True):
        erasure = datasets.erase_person(actor=admin, project=project, column=column, value=who)
        if done:
            run_jobs()
            erasure.refresh_from_db()
            assert erasure.state == ErasureState.ERASED, erasure.failure
        return erasure

    return run


def visit(n, who="Amna"):
    return {"n": n, "who": who}


@pytest.mark.parametrize("columns", [COLUMNS, TOKENS], ids=["clear", "tokens"])
def test_what_waited_while_its_person_was_erased_is_left_out_and_counted(
    columns, make_stream, put, drain, rows_of, erase, client_as, scientist
):
    stream = make_stream(columns=columns, event_time="")
    put(stream, visit(1), visit(2, "other"))
    drain(stream)
    # They wait: one of the person alone in its batch, one that lacks what must be there, one of somebody else.
    Stream.objects.filter(pk=stream.pk).update(batch_rows=1)
    put(stream, visit(3), {"who": "Amna"}, visit(4, " Amna "), visit(5, "other"))
    erase("Amna")
    assert rows_of(stream, "n") == [2]
    # By milliseconds: what comes in the one in which the erasure ended is still the past.
    ended = time.time_ns() // 1_000_000
    while time.time_ns() // 1_000_000 == ended:
        continue
    put(stream, visit(6), visit(7, "other"))
    drain(stream)
    spaced = columns is TOKENS
    assert sorted(rows_of(stream, "n")) == [2, *([] if spaced else [4]), 5, 6, 7], "after it she came again"
    assert (stream.left_out, stream.quarantined, stream.rows) == (3 if spaced else 2, 0, 6 - spaced)
    page = client_as(scientist).get(f"/t/acme/p/flights/data/streams/{stream.pk}/").content.decode()
    assert "of people who were erased" in page


def test_a_batch_that_was_read_before_the_erasure_began_writes_nothing(
    tenant, make_stream, put, rows_of, erase, run_jobs
):
    """Without that the person would rise again, in the moment after the table was looked through."""
    stream = make_stream(columns=COLUMNS, event_time="")
    put(stream, visit(1), visit(2, "other"))
    reading = services.take(tenant, stream.pk)
    reading.turn()
    put(stream, visit(3))
    late = reading._next()
    erase("Amna")
    with pytest.raises(MarkMoved):
        reading._write(late)
    reading.release()
    after = services.take(tenant, stream.pk)
    after.turn()
    after.release()
    assert rows_of(stream, "n") == [2]
    assert after._progress.left_out == 1


def test_an_erasure_that_is_under_way_leaves_out_whatever_comes_and_one_that_failed_nothing(
    make_stream, put, drain, rows_of, erase
):
    stream = make_stream(columns=COLUMNS, event_time="")
    put(stream, visit(1))
    drain(stream)
    erasure = erase("Amna", done=False)
    put(stream, visit(2))
    assert drain(stream).left_out == 1
    Erasure.objects.filter(pk=erasure.pk).update(state=ErasureState.FAILED)
    put(stream, visit(3))
    drain(stream)
    assert (rows_of(stream, "n"), stream.left_out) == ([1, 3], 1)


def test_an_erasure_that_takes_the_place_of_a_failed_one_is_not_taken_for_it(tenant, project):
    """A stream that rested meanwhile asks before its next batch, and knows what it was told before the last."""
    asked = {"tenant_id": tenant.pk, "project_id": project.pk, "dataset_id": uuid4(), "columns": ["who"]}

    def begun(who):
        words = {"tenant": tenant, "project": project, "sealed": b"-", "column": "who"}
        return Erasure.objects.create(**words, subject_digest=digest_of_value(tenant.pk, who))

    first = begun("Amna")
    known = datasets.erased_people(**asked)
    assert datasets.erased_people(**asked, known=known) is known
    Erasure.objects.filter(pk=first.pk).update(state=ErasureState.FAILED)
    begun("Badr")
    found = datasets.erased_people(**asked, known=known)
    assert [found.until_of("who", who) > 0 for who in ("Amna", "Badr")] == [False, True]


def test_sealed_events_are_opened_for_an_erasure_and_a_replay_honours_it(
    scientist, make_stream, put, drain, rows_of, aside_of, erase, run_jobs
):
    stream = make_stream(columns=TOKENS, event_time="")
    escaped = json.dumps({"who": "Fāṭima", "n": None}).encode()
    put(stream, escaped, b'{"who": "F\xc4\x81\xe1\xb9\xadima", broken', {"who": "Amna"}, b'{"who": "Am" "na"}')
    drain(stream)
    assert len(aside_of(stream)) == 4
    erased = erase("Fāṭima")
    thing = ErasedThing.objects.get(erasure=erased, kind=ErasedKind.STREAM)
    assert thing.row_count == 2
    assert len(aside_of(stream)) == 2
    # One whose value stands in no event as it is: the replay knows her by the digest alone.
    put(stream, visit(9), b'{"n": 10, "who": "Am\\u006ea"}')
    drain(stream)
    erase("Amna")
    assert [rule for rule, *_rest in aside_of(stream)] == ["undecodable"]
    columns = [{**TOKENS[0], "required": False}, TOKENS[1]]
    services.edit_stream(actor=scientist, stream=stream, columns=columns)
    services.replay_quarantine(actor=scientist, stream=stream)
    run_jobs()
    assert rows_of(stream, "n") == []


def test_an_event_of_an_erased_person_leaves_quarantine_without_becoming_a_row(
    tenant, admin, scientist, project, make_stream, put, drain, rows_of, aside_of, run_jobs
):
    """It is written in a way that no search of the bytes finds, and known once it is decoded."""
    stream = make_stream(columns=[COLUMNS[0], {"name": "who", "type": "whole"}], event_time="")
    put(stream, {"n": 1, "who": 50}, b'{"who": 5e1}')
    drain(stream)
    assert len(aside_of(stream)) == 1
    datasets.erase_person(actor=admin, project=project, column="who", value="50")
    run_jobs()
    services.edit_stream(
        actor=scientist,
        stream=stream,
        columns=[{**COLUMNS[0], "required": False}, {"name": "who", "type": "whole"}],
    )
    services.replay_quarantine(actor=scientist, stream=stream)
    run_jobs()
    assert (rows_of(stream, "n"), aside_of(stream)) == ([], [])
    [said] = [event for event in ledger.events_of(subject=("stream", stream.pk)) if "replayed" in event.kind]
    assert (said.payload["rows"], said.payload["left_out"]) == (0, 1)


def test_a_mark_is_kept_also_where_nothing_is_written_with_it(tenant):
    """A batch that is left out whole has to move the place all the same."""
    import pyarrow as pa

    tables, rows = lake.for_tenant(tenant.pk), pa.table({"n": [1]})
    for mark, after, some in (("one", "", rows), ("two", "one", rows[:0]), ("three", "two", rows[:0])):
        tables.write("dt_x", some, mode="append", mark=mark, writer="stream:1", after=after)
        assert tables.mark_of("dt_x", "stream:1") == mark
    assert tables.count(tables.current("dt_x")) == 1


def test_a_table_that_never_rests_is_erased_from_later(tenant, admin, make_stream, put, drain, erase, monkeypatch):
    stream = make_stream(columns=COLUMNS, event_time="")
    put(stream, visit(1))
    drain(stream)
    monkeypatch.setattr(erasing, "_TRIES", 0)
    search = datasets.Search(actor=admin, project_id=stream.project_id, column="who", value="Amna")
    with pytest.raises(LakeUnavailable, match="cannot be erased from now"):
        erasing._fence(search, stream)
