"""From the stream to lake and counts: every entry once, also when the drainer dies half-way."""

import orjson
import pytest

from apps.deployments import selectors as deployments
from apps.monitoring import services
from apps.monitoring.models import DrainedBatch, DriftWindow, TrafficMinute
from apps.monitoring.services import draining
from foundation import lake
from tests.apps.monitoring.stage import broker, entry, log, waiting


def in_lake(revision):
    tables, table = lake.for_tenant(revision.tenant_id), deployments.inference_table(revision.deployment_id)
    if not tables.exists(table):
        return []
    return (
        tables.query("SELECT * FROM log ORDER BY entry_ms, entry_number, row", {"log": tables.current(table)})
        .read_all()
        .to_pylist()
    )


def requests():
    return sum(minute.requests for minute in TrafficMinute.objects.all())


def test_a_request_reaches_the_lake_the_minute_and_the_month(revision, monitor, flowers, tenant, cells):
    log(entry(revision, flowers[:3]), entry(revision, flowers[3:5], latency_s=0.2))
    assert services.drain_once().lines == 2
    rows, minute, seen = in_lake(revision), TrafficMinute.objects.get(), cells()

    assert [row["row"] for row in rows] == [0, 1, 2, 0, 1]
    assert orjson.loads(rows[0]["features"]) == flowers[0]
    assert (rows[0]["prediction"], rows[0]["score"], rows[0]["shadow"]) == ("setosa", 1.0, False)
    assert (minute.requests, minute.rows, minute.errors, sum(minute.latencies)) == (2, 5, 0, 2)
    assert {cell.rows for cell in seen.values()} == {5}
    assert set(seen) == {*flowers[0], ""}
    assert waiting(tenant) == 0
    assert services.drain_once().lines == 0


def test_dead_between_lake_and_commit_nothing_is_lost_or_doubled(revision, monitor, flowers, tenant, monkeypatch):
    log(entry(revision, flowers[:2]), entry(revision, flowers[2:4]))
    real = draining.add_traffic

    def dies(*given):
        raise ConnectionError("killed")

    monkeypatch.setattr(draining, "add_traffic", dies)
    with pytest.raises(ConnectionError):
        services.drain_once()
    assert (len(in_lake(revision)), requests(), waiting(tenant)) == (4, 0, 2)

    monkeypatch.setattr(draining, "add_traffic", real)
    log(entry(revision, flowers[4:5]))
    assert services.drain_once().lines == 3
    assert (len(in_lake(revision)), requests(), waiting(tenant)) == (5, 3, 0)
    assert len({(row["request_id"], row["row"]) for row in in_lake(revision)}) == 5


def test_the_lake_is_asked_what_it_has_only_after_a_crash_or_another_process(revision, monitor, flowers, monkeypatch):
    asked, real = [], draining._newest_in_lake
    monkeypatch.setattr(draining, "_newest_in_lake", lambda *given: asked.append(given) or real(*given))

    def drained(rows):
        asked.clear()
        log(entry(revision, rows))
        services.drain_once()
        return len(asked)

    assert [drained(flowers[:2]), drained(flowers[2:4])] == [1, 0]
    draining._committed_here.clear()
    assert [drained(flowers[4:5]), drained(flowers[5:6])] == [1, 0], "another process has begun"
    DrainedBatch.objects.update(last_id="0-0")
    assert drained(flowers[6:7]) == 1, "the database was set back"
    assert len(in_lake(revision)) == 7


def test_dead_before_the_stream_was_trimmed_nothing_is_counted_twice(revision, monitor, flowers, tenant, monkeypatch):
    log(entry(revision, flowers[:2]))
    stream = draining.stream_at(draining.settings.REDIS_URL)
    monkeypatch.setattr(type(stream), "forget", lambda *given, **more: (_ for _ in ()).throw(ConnectionError("killed")))
    with pytest.raises(ConnectionError):
        services.drain_once()
    monkeypatch.undo()

    assert waiting(tenant) == 1
    assert services.drain_once().lines == 0
    assert (len(in_lake(revision)), requests()) == (2, 1)


def test_many_entries_of_one_millisecond_keep_their_order(revision, monitor, flowers, tenant, monkeypatch):
    name, real = f"sanad:inference:{tenant.pk}", draining.add_traffic
    for number in range(12):
        broker().xadd(name, {"e": entry(revision, flowers[:1]).as_json()}, id=f"1700000000000-{number}")
    monkeypatch.setattr(draining, "add_traffic", lambda *given: (_ for _ in ()).throw(ConnectionError("killed")))
    with pytest.raises(ConnectionError):
        services.drain_once()
    monkeypatch.setattr(draining, "add_traffic", real)
    broker().xadd(name, {"e": entry(revision, flowers[:1]).as_json()}, id="1700000000000-12")
    assert services.drain_once().lines == 13
    assert [row["entry_number"] for row in in_lake(revision)] == list(range(13))


def test_what_cannot_be_read_stops_nobody(revision, monitor, flowers, tenant):
    name = f"sanad:inference:{tenant.pk}"
    broker().xadd(name, {"e": b"{"})
    broker().xadd(name, {"e": b'{"revision_id": 7}'})
    log(entry(revision, flowers[:1]))

    assert services.drain_once().lines == 3
    assert (len(in_lake(revision)), requests()) == (1, 1)


def test_refusals_and_errors_are_traffic_but_no_distribution(revision, monitor, flowers, cells):
    log(
        entry(revision, flowers[:1], status=422, response=b'{"error": "The column is missing."}'),
        entry(revision, flowers[:1], status=503, response=b""),
    )
    services.drain_once()

    assert (TrafficMinute.objects.get().requests, TrafficMinute.objects.get().errors) == (2, 1)
    assert cells() == {}


def test_a_shadow_is_kept_and_counts_nowhere(revision, monitor, flowers):
    log(entry(revision, flowers[:2], shadow=True))
    services.drain_once()

    assert [row["shadow"] for row in in_lake(revision)] == [True, True]
    assert not TrafficMinute.objects.exists() and not DriftWindow.objects.exists()


def test_an_entry_of_a_revision_that_is_unknown_is_no_distribution(revision, monitor, flowers):
    from uuid import uuid4

    log(entry(revision, flowers[:1], revision_id=str(uuid4())))
    assert services.drain_once().lines == 1
    assert not DriftWindow.objects.exists()


def test_rows_without_names_are_counted_by_the_models_own_order(revision, monitor, flowers, cells):
    lists = [list(row.values()) for row in flowers[:4]]
    named = [feature["name"] for feature in revision.model_version.input_schema["features"]]
    assert named == list(flowers[0])
    log(entry(revision, flowers[:4], request=orjson.dumps({"instances": lists})))
    services.drain_once()

    assert cells()[named[0]].figures["window_mean"] == pytest.approx(sum(row[0] for row in lists) / 4)


def test_one_tenants_stream_is_nobody_elses(revision, monitor, flowers, other_tenant):
    log(entry(revision, flowers[:1]), entry(revision, flowers[:1], tenant_id=str(other_tenant.pk)))
    assert services.drain_once().lines == 2
    assert requests() == 1
    assert DrainedBatch.objects.count() == 1


def test_a_full_batch_says_that_more_may_wait(revision, monitor, flowers, monkeypatch):
    monkeypatch.setattr(draining, "_ENTRIES", 2)
    log(*(entry(revision, flowers[:1]) for _number in range(3)))

    assert services.drain_once() == (2, True)
    assert services.drain_once() == (1, False)
