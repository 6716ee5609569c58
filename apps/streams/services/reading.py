"""One stream as one attempt reads it: events in, rows out, and the place they came from committed with them."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models import F, Q
from django.db.models.functions import Now

from apps.connections import services as connections
from apps.connections.services import Broker, Events
from apps.streams.adapters import decoder_of
from apps.streams.choices import Begin, Late, StreamState
from apps.streams.models import Stream
from apps.streams.ports import Decoder
from apps.streams.services.marking import Progress, progress_of
from apps.streams.services.shaping import Shape, set_aside, shape
from apps.tenants import services as tenants
from foundation import lake, live
from foundation.tenancy import scope
from foundation.tenancy.models import Tenant

if TYPE_CHECKING:
    import pyarrow as pa

LEASE = timedelta(seconds=6)
# So many files of one commit each are merged into one; a merge costs about as much as ten commits.
_COMPACT_EVERY, _FEWEST_FILES = 48, 24
_QUOTA_EVERY_S = 15.0
_IDLE_NOTE_S = 5.0


class Lost(Exception):
    """Another attempt has the stream, or nobody may read it any more."""


class Reading:
    """An attempt: it holds the stream for as long as its lease is renewed, and the lake refuses it afterwards.

    `renew` is called from another thread than the turns, which may take longer than a lease.
    """

    def __init__(self, tenant: Tenant, stream: Stream, broker: Broker) -> None:
        self._tenant, self.stream, self._broker = tenant, stream, broker
        self.attempt = stream.attempt
        self._lake = lake.for_tenant(tenant.pk)
        self._progress, self._mark = progress_of(self._lake, stream.table, stream.writer)
        self._decoder: Decoder | None = None
        self._shape: Shape | None = None
        self._commits, self._quota_at, self._noted_at = 0, 0.0, 0.0
        self._rate, self._read_at = 0.0, time.monotonic()

    def turn(self) -> bool:
        """Read what waits, at most a batch, and commit it; whether more of it waits. Lost: it is somebody else's."""
        self._look()
        stream = self.stream
        self._check_quota()
        found = self._broker.read(stream.key, self._places(), events=stream.batch_rows, past_gaps=stream.gap)
        count = sum(len(events.offsets) for events in found)
        self._measure(count)
        if not count:
            self._note_idle()
            return False
        self._commit(found)
        self._broker.forget(stream.key, self._progress.places)
        self._note(0 if count < stream.batch_rows else self._broker.lag(stream.key, self._progress.places))
        self._commits += 1
        if self._commits % _COMPACT_EVERY == 0:
            self._lake.compact(stream.table, fewest=_FEWEST_FILES)
        return count >= stream.batch_rows

    def close(self) -> None:
        self._broker.close()

    def release(self) -> None:
        """Let the next one take it without waiting for the lease to end."""
        self.close()
        with scope(self._tenant.pk):
            self._mine().update(lease_until=None)

    def _commit(self, found: list[Events]) -> None:
        import pyarrow as pa

        progress, rows, aside = self._progress, [], []
        decoder, wanted = self._tools()
        for events in found:
            shaped = shape(decoder, events.bodies, events.times, wanted, progress.high.get(events.partition))
            rows.append(shaped.rows)
            if shaped.aside:
                places = [f"{events.partition}:{place}" for place in events.offsets]
                aside.append(set_aside(events.bodies, places, events.times, shaped))
            progress = progress.beyond(
                events.partition,
                events.offsets[-1],
                shaped.high,
                rows=shaped.rows.num_rows,
                late=shaped.late,
                quarantined=len(shaped.aside),
            )
        self._write(pa.concat_tables(rows), pa.concat_tables(aside) if aside else None, progress)

    def _write(self, rows: pa.Table, aside: pa.Table | None, progress: Progress) -> None:
        """One transaction: rows, quarantine and place are in together, or not at all."""
        mark = progress.as_mark(self.attempt)
        self._lake.write(
            self.stream.table,
            rows,
            mode="append",
            mark=mark,
            writer=self.stream.writer,
            after=self._mark,
            beside={} if aside is None else {self.stream.quarantine: aside},
        )
        self._progress, self._mark = progress, mark

    def _places(self) -> dict[str, str]:
        return {**(self.stream.first_places or {}), **self._progress.places}

    def _tools(self) -> tuple[Decoder, Shape]:
        """What reads its events; made anew where somebody changed the stream."""
        stream = self.stream
        wanted = Shape(stream.columns, stream.event_time, stream.lateness, Late(stream.late))
        if self._decoder is None or wanted != self._shape:
            self._decoder = decoder_of(stream.format, bytes(stream.event_schema), stream.message)
            self._shape = wanted
        return self._decoder, wanted

    def renew(self) -> None:
        """Once more as long as a lease lasts; nothing where it is somebody else's by now."""
        with scope(self._tenant.pk):
            self._mine().update(lease_until=Now() + LEASE)

    def _look(self) -> None:
        """See what somebody changed, and whether it is still ours."""
        schema = bytes(self.stream.event_schema)
        with scope(self._tenant.pk):
            if not self._mine().exists():
                raise Lost
            self.stream.refresh_from_db()
        if schema != bytes(self.stream.event_schema):
            self._decoder = None

    def _check_quota(self) -> None:
        if time.monotonic() < self._quota_at:
            return
        with scope(self._tenant.pk):
            tenants.check_storage(tenant_id=self._tenant.pk, project_id=self.stream.project_id, more=1)
        self._quota_at = time.monotonic() + _QUOTA_EVERY_S

    def _mine(self) -> Any:
        return _open_streams().filter(pk=self.stream.pk, attempt=self.attempt)

    def _measure(self, count: int) -> None:
        """Events a second, of the last few seconds mostly."""
        now = time.monotonic()
        passed, self._read_at = max(now - self._read_at, 0.001), now
        weight = min(1.0, passed / 3)
        self._rate += weight * (count / passed - self._rate)

    def _note_idle(self) -> None:
        if time.monotonic() - self._noted_at > _IDLE_NOTE_S:
            self._rate = self._rate if self._rate > 0.05 else 0.0
            self._note(0, committed=False)

    def _note(self, lag: int, *, committed: bool = True) -> None:
        self._noted_at = time.monotonic()
        progress = self._progress
        changes: dict[str, Any] = {
            "rows": progress.rows,
            "late_rows": progress.late,
            "quarantined": progress.quarantined,
            "lag": lag,
            "per_second": self._rate,
            "watermark": self._watermark(),
            "failure": "",
            **({"committed_at": Now(), "gap": False} if committed else {}),
        }
        with scope(self._tenant.pk):
            if not self._mine().update(**changes):
                raise Lost
            self.stream.refresh_from_db()
            live.publish(self._tenant.pk, f"stream:{self.stream.pk}", "stream", self.stream.told())

    def _watermark(self) -> datetime | None:
        """Events before it are late, whichever partition they come from."""
        if not self._progress.high:
            return None
        at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=min(self._progress.high.values()))
        return at - self.stream.lateness


def take(tenant: Tenant, stream_id: UUID) -> Reading | None:
    """The next attempt at a stream that nobody reads; None where somebody does, or nobody may."""
    with scope(tenant.pk):
        free = _open_streams().filter(Q(lease_until=None) | Q(lease_until__lt=Now()), pk=stream_id)
        if not free.update(attempt=F("attempt") + 1, lease_until=Now() + LEASE):
            return None
        stream = Stream.objects.select_related("connection").get(pk=stream_id)
        broker = broker_of(stream)
    try:
        _begin(tenant, stream, broker)
        return Reading(tenant, stream, broker)
    except BaseException:
        broker.close()
        raise


def broker_of(stream: Stream) -> Broker:
    """Where its events wait; nothing is asked yet."""
    if stream.connection is None:
        return connections.portal_broker()
    return connections.broker_of(stream.connection)


def _begin(tenant: Tenant, stream: Stream, broker: Broker) -> None:
    """Remember once where it begins, before anything is read."""
    if stream.first_places is not None:
        return
    stream.first_places = broker.ends(stream.key) if stream.begin == Begin.LATEST else {}
    with scope(tenant.pk):
        stream.save(update_fields=["first_places"])


def _open_streams() -> Any:
    """Those that may be read now."""
    return Stream.objects.filter(state=StreamState.RUNNING, project__archived_at=None)
