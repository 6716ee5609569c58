"""Clocks that jump while a stream is read: nothing is stuck, lost or doubled."""

from __future__ import annotations

from datetime import timedelta

import pytest
import redis

from apps.datasets.models import DatasetVersion
from apps.streams import services
from apps.streams.services import reading
from foundation.clock import now
from foundation.lake import MarkMoved

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def test_the_databases_clock_jumps_between_two_batches(tenant, make_stream, put, drain, rows_of):
    """It is as if it had jumped: the lease stands where the clock was, not where it is."""
    stream = make_stream(batch_rows=2, event_time="")

    def jump(by):
        """As the lease looks after the clock went back (an hour from now) or ahead (a day ago)."""
        type(stream).objects.filter(pk=stream.pk).update(lease_until=now() + by)

    put(stream, *({"n": n} for n in range(9)))
    holder = services.take(tenant, stream.pk)
    holder.turn()
    jump(HOUR)
    holder.renew()
    assert services.take(tenant, stream.pk) is None, "whoever reads it keeps it"
    holder.turn()
    jump(HOUR)
    second = services.take(tenant, stream.pk)
    assert second is not None, "the holder is gone: nobody waits for an hour"
    second.turn()
    batch = second._next()
    jump(-DAY)
    third = services.take(tenant, stream.pk)
    third.turn()
    with pytest.raises(MarkMoved):
        second._write(batch)
    with pytest.raises(reading.Lost):
        second.turn()
    for attempt in (holder, second):
        attempt.close()
    third.release()
    assert rows_of(drain(stream), "n") == list(range(9))


def test_the_brokers_clock_jumps_between_two_events(make_stream, drain, rows_of, settings):
    stream = make_stream(batch_rows=2, event_time="at", lateness=timedelta(minutes=5), late="quarantine")
    client, key = redis.Redis.from_url(settings.REDIS_URL), f"sanad:stream:{stream.key}"
    millis = int(now().timestamp() * 1000)
    ahead = millis + int(DAY.total_seconds() * 1000)
    for n in range(8):
        # Ahead by a day at the third; from the fifth on it is right again, and ids go on where they were.
        entry = f"{millis + n}-0" if n < 2 else f"{ahead}-0" if n == 2 else "*"
        client.xadd(key, {"event": b'{"n": %d, "at": %d}' % (n, millis + n)}, id=entry)
    drain(stream)
    assert rows_of(stream, "n") == list(range(8))
    assert (stream.quarantined, stream.late_rows, stream.lag) == (0, 0, 0)


def test_versions_are_made_every_hour_also_after_a_clock_that_was_ahead(make_stream, put, drain, run_jobs, dataset):
    stream = make_stream(cut="hour")
    put(stream, {"n": 1})
    drain(stream)
    assert services.cut_due_streams(now=now() + DAY) == 1, "a day ahead, by a clock that is wrong"
    run_jobs()
    put(stream, {"n": 2})
    drain(stream)
    assert services.cut_due_streams(now=now()) == 1, "nobody waits for a day"
    run_jobs()
    put(stream, {"n": 3})
    drain(stream)
    assert services.cut_due_streams(now=now()) == 0, "and from then on it is every hour again"
    assert list(DatasetVersion.objects.filter(dataset=dataset).values_list("row_count", flat=True)) == [2, 1]
