"""What was served is compared with what a join has of that moment, and every difference is told."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from apps.features import selectors, services
from apps.features.errors import DefinitionRefused, LeakageFound
from apps.features.models import SkewCheck
from apps.features.services.online import online_store, online_view
from apps.features.services.skew import compared, comparing
from apps.features.services.skew.sampling import sample_queue
from foundation import ledger
from foundation.clock import now
from foundation.errors import AccessDenied
from runtime.online import Answer, OnlineReader, Writer
from runtime.online.samples import MOST_OF_A_REQUEST, Sample, Sampler, opened, view_of

pytestmark = pytest.mark.django_db
KEYS = [{"carrier": name} for name in ("AA", "DLX", "nobody")]


@pytest.fixture
def watched(view, scientist):
    return services.watch_skew(actor=scientist, view_id=view.pk, share=1.0, limit=0.1)


def ask(actor, view, keys=KEYS):
    return services.read_online(actor=actor, view_ids=[view.pk], entities=keys)


def put(view, key, values, *, at=datetime(2013, 1, 10, 9, tzinfo=UTC)):
    """Something else lies online than the lake has."""
    online = online_view(view)
    names = online.names.of([{"carrier": key}])
    sealed = Writer(online, 1).sealed(names, [[[round(at.timestamp() * 1_000_000), 0, values]]])
    online_store().write(zip(names, sealed, strict=True), ttl_seconds=None)


def kinds(view):
    """What the ledger says of its consistency, the latest first."""
    told = [event.kind for event in ledger.events_of(subject=("feature_view", view.pk))]
    return [kind for kind in told if kind in {"feature_view.skewed", "feature_view.consistent"}]


def check():
    return services.check_served(now=now())


def served(actor, view, *, of=20, differing=0):
    """One check of so many answers, of which so many are another value than the lake has."""
    for key, value, count in (("AA", 51, differing), ("AA", 50, of - differing)):
        put(view, key, [value])
        for _each in range(count):
            ask(actor, view, [{"carrier": key}])
    assert check() == 1
    view.refresh_from_db()
    return view.skewed_since is not None


def test_what_is_served_is_what_a_join_has(watched, scientist):
    ask(scientist, watched)
    assert check() == 1
    row = SkewCheck.objects.get()
    assert (row.compared, row.different, row.kinds) == (3, 0, {})
    assert row.features == [{"name": "recent_delay", "different": 0, "gap": None}]
    assert check() == 0, "nothing waits"
    assert SkewCheck.objects.count() == 1


def test_every_difference_is_counted_by_its_kind(watched, scientist):
    put(watched, "AA", [51])
    put(watched, "nobody", [1])
    ask(scientist, watched)
    check()
    row = SkewCheck.objects.get()
    assert (row.compared, row.different, row.kinds) == (3, 2, {"other": 1, "not_known": 1})
    assert row.features == [{"name": "recent_delay", "different": 2, "gap": 1.0}]


def test_an_alert_is_told_once_and_its_end_too(watched, scientist):
    assert served(scientist, watched, differing=3)
    assert served(scientist, watched, of=5, differing=1)
    assert kinds(watched) == ["feature_view.skewed"]
    assert not served(scientist, watched, of=80)
    assert not served(scientist, watched, of=5)
    assert set(kinds(watched)) == {"feature_view.skewed", "feature_view.consistent"}


def test_a_view_that_is_seldom_asked_neither_flaps_nor_stays_silent(watched, scientist):
    """One answer in each check: one that differs is no alert, and three of twenty are; each is forgotten in time."""
    told = [served(scientist, watched, of=1, differing=place in {0, 9, 18}) for place in range(20)]
    assert told == [False] * 19 + [True]
    assert [served(scientist, watched, of=1) for _each in range(10)] == [True] * 9 + [False]
    assert len(kinds(watched)) == 2


def test_only_the_answers_compared_last_are_judged(watched, scientist):
    assert served(scientist, watched, of=20, differing=20)
    assert served(scientist, watched, of=99)
    assert not served(scientist, watched, of=1), "a hundred later ones are as they should be"
    found = selectors.skew_of(actor=scientist, view=watched)
    assert (found.compared, found.different) == (120, 20)
    assert (found.judged.compared, found.judged.different) == (100, 0)


def test_what_may_differ_is_judged_at_once_by_what_is_known(watched, scientist):
    """Whoever allows more, or less, need not wait for somebody to ask."""

    def allow(limit):
        return services.watch_skew(actor=scientist, view_id=watched.pk, share=1.0, limit=limit).skewed_since

    assert served(scientist, watched, of=20, differing=4)
    assert allow(0.2) is None
    assert allow(0.1) is not None
    SkewCheck.objects.all().delete()
    assert allow(0.5) is not None, "nothing is known that would end it"
    ended = services.watch_skew(actor=scientist, view_id=watched.pk, share=0.0, limit=0.1)
    assert ended.skewed_since is None, "nothing is compared any more, so no answer would"


def test_the_value_of_an_earlier_event_is_told_apart_and_a_lost_one_too(watched, scientist):
    put(watched, "AA", [5], at=datetime(2013, 1, 1, 9, tzinfo=UTC))
    online_store().drop(online_view(watched).names.of([{"carrier": "DLX"}]))
    ask(scientist, watched)
    check()
    assert SkewCheck.objects.get().kinds == {"older": 1, "not_served": 1}


def test_what_cannot_be_opened_is_left_out_and_stops_nobody(watched, scientist):
    sample_queue().put(watched.tenant_id, [watched.pk.bytes + b"x" * 60, uuid4().bytes + b"y" * 60])
    ask(scientist, watched)
    check()
    assert SkewCheck.objects.get().compared == 3


def test_a_check_that_was_noted_is_not_made_again(watched, scientist):
    """Whoever was killed before the queue forgot finds the same samples there."""
    ask(scientist, watched)
    first = sample_queue().after(watched.tenant_id, "", 10)
    check()
    sample_queue().put(watched.tenant_id, [packed for _place, packed in first[:1]])
    check()
    assert sorted(SkewCheck.objects.values_list("compared", flat=True)) == [1, 3]


def test_a_key_of_another_kind_is_known_of_nobody(queued_view, run_jobs, scientist, define, ingested):
    run_jobs()
    entity = define.entity("flight")
    rows = ingested("numbers.csv", b"flight,moment,gate\n1,2013-01-01 09:00:00,5\n2,2013-01-01 09:00:00,6\n")
    view = define.view(entity, "gates", "SELECT flight, moment, gate FROM rows", event_time="moment", rows=rows)
    run_jobs()
    view.refresh_from_db()
    at = round(datetime(2013, 1, 2, tzinfo=UTC).timestamp() * 1_000_000)
    samples = [Sample(view.pk, (key,), at, None, None) for key in ("1", "one", "3", "")]
    found = compared(view, samples)
    assert (found.compared, found.kinds) == (4, {"not_served": 1})


@pytest.mark.parametrize("broken", ["true", "one.__place = 1"])
def test_a_join_that_loses_or_doubles_an_answer_tells_of_no_difference(view, monkeypatch, broken):
    """As many came back as were asked for in the second case, and not the same ones."""
    whole = comparing.join_sql
    twice = f"SELECT one.* FROM ({{}}) AS one, (VALUES (1), (2)) WHERE {broken}"
    monkeypatch.setattr(comparing, "join_sql", lambda *words: twice.format(whole(*words)))
    samples = [Sample(view.pk, (key,), 2**52, None, None) for key in ("AA", "DLX")]
    with pytest.raises(LeakageFound, match="a join must keep each"):
        compared(view, samples)


def test_a_time_to_live_and_what_was_known_then_are_as_in_a_join(define, carrier, ingested, run_jobs):
    day = datetime(2013, 1, 1, tzinfo=UTC)
    rows = ingested(
        "known.csv",
        b"carrier,moment,known,delay\nAA,2013-01-01 00:00:00,2013-01-01 00:00:00,1\n"
        b"AA,2013-01-01 06:00:00,2013-01-03 00:00:00,2\n",
    )
    view = services.define_view(
        **define._by,
        entity=carrier,
        name="known",
        sql="SELECT * FROM rows",
        inputs={"rows": rows.pk},
        event_time="moment",
        created_column="known",
        ttl_seconds=3 * 86_400,
    )
    run_jobs()
    view.refresh_from_db()
    wanted = {0.5: (1,), 2.5: (2,), 3.2: (2,), 3.3: None, -1: None}
    for days, values in wanted.items():
        at = round((day + timedelta(days=days)).timestamp() * 1_000_000)
        event = round((day + timedelta(hours=6 * (values == (2,)))).timestamp() * 1_000_000)
        assert not compared(view, [Sample(view.pk, ("AA",), at, event if values else None, values)]).different, days
        assert compared(view, [Sample(view.pk, ("AA",), at, event, (3,))]).different == 1, days


def test_a_share_is_a_share_and_whoever_sees_only_sets_none(view, scientist, viewer):
    for share in (-0.1, 1.1, float("nan")):
        with pytest.raises(DefinitionRefused, match="from 0 to 1"):
            services.watch_skew(actor=scientist, view_id=view.pk, share=share, limit=0.5)
    with pytest.raises(AccessDenied):
        services.watch_skew(actor=viewer, view_id=view.pk, share=0.5, limit=0.5)


def test_as_many_are_taken_as_the_share_says_and_few_of_one_request(view, scientist):
    online, drawn = online_view(view), Sampler(random.Random(7))
    reader = OnlineReader(online_store(), [online])

    def taken(count, share):
        entities = [{"carrier": "AA"}] * count
        answer: Answer = reader.read(entities, now_us=1)
        return drawn.taken(entities, answer, {online.id: share}, now_us=1)

    assert len(taken(1, 1.0)) == 1 and not taken(5, 0.0)
    assert len(taken(1000, 1.0)) == MOST_OF_A_REQUEST
    assert 60 < sum(len(taken(1, 0.1)) for _ in range(1_000)) < 140
    (one,) = taken(1, 1.0)
    assert view_of(one) == view.pk
    assert opened(online, one) == Sample(view.pk, ("AA",), 1, None, None)
