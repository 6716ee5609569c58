"""One stream as one attempt reads it: events in, rows out, and the place they came from committed with them."""

from __future__ import annotations

import time
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import F, Q
from django.db.models.functions import Now

from apps.connections import services as connections
from apps.connections.services import Broker
from apps.datasets import services as datasets
from apps.streams.adapters import decoder_of
from apps.streams.choices import Begin, Late, StreamState
from apps.streams.models import Stream
from apps.streams.ports import Decoder
from apps.streams.services.batches import Batch, Told, batch_of
from apps.streams.services.following import tell_followers
from apps.streams.services.marking import Progress, progress_of
from apps.streams.services.setting_aside import made_whole
from apps.streams.services.shaping import Shape
from apps.tenants import services as tenants
from foundation import lake, live
from foundation.tenancy import scope
from foundation.tenancy.models import Tenant

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
        made_whole(self._lake, stream.quarantine)
        self._erased = datasets.NOBODY
        self._decoder: Decoder | None = None
        self._shape: Shape | None = None
        self._ahead: Future[Batch] | None = None
        self._commits, self._quota_at, self._noted_at = 0, 0.0, 0.0
        self._rate, self._read_at = 0.0, time.monotonic()

    def turn(self) -> bool:
        """Read what waits, at most a batch, and commit it; whether more of it waits. Lost: it is somebody else's."""
        self._look()
        stream = self.stream
        self._check_quota()
        batch = self._next()
        self._measure(batch.count)
        if not batch.count:
            self._note_idle()
            return False
        more = batch.count >= stream.batch_rows
        with ThreadPoolExecutor(1, thread_name_prefix="stream-ahead") as other:
            # What may pass over a gap does so once: `_note` ends it.
            if more and not stream.gap:
                self._ahead = other.submit(self._read, batch.progress, batch.told)
            self._write(batch)
        self._broker.forget(stream.key, self._progress.places)
        self._note(self._broker.lag(stream.key, self._progress.places) if more else 0)
        tell_followers(self._tenant, stream.pk)
        self._commits += 1
        if self._commits % _COMPACT_EVERY == 0:
            self._lake.compact(stream.table, fewest=_FEWEST_FILES)
        return more

    def close(self) -> None:
        self._broker.close()

    def release(self) -> None:
        """Let the next one take it without waiting for the lease to end."""
        self.close()
        with scope(self._tenant.pk):
            # Also of one that was paused meanwhile: let go on, it waits for no lease.
            Stream.objects.filter(pk=self.stream.pk, attempt=self.attempt).update(lease_until=None)

    def _next(self) -> Batch:
        """The batch after what is committed. What was read ahead counts where nobody changed the stream meanwhile."""
        told, ahead, self._ahead = self._tools(), self._ahead, None
        if ahead is not None and (batch := ahead.result()).told == told:
            return batch
        return self._read(self._progress, told)

    def _read(self, progress: Progress, told: Told) -> Batch:
        """The batch that follows a place; also while the one before it is being written, and by another thread."""
        stream = self.stream
        places = {**(stream.first_places or {}), **progress.places}
        found = self._broker.read(stream.key, places, events=stream.batch_rows, past_gaps=stream.gap)
        return batch_of(found, progress, told)

    def _write(self, batch: Batch) -> None:
        """One transaction: rows, quarantine and place are in together, or not at all."""
        mark = batch.progress.as_mark(self.attempt)
        self._lake.write(
            self.stream.table,
            batch.rows,
            mode="append",
            mark=mark,
            writer=self.stream.writer,
            after=self._mark,
            beside={} if batch.aside is None else {self.stream.quarantine: batch.aside},
        )
        self._progress, self._mark = batch.progress, mark

    def _tools(self) -> Told:
        """What its events become rows by; the decoder is made anew where somebody changed the stream."""
        stream = self.stream
        wanted = Shape(stream.columns, stream.event_time, stream.lateness, Late(stream.late))
        if self._decoder is None or wanted != self._shape:
            self._decoder = decoder_of(stream.format, bytes(stream.event_schema), stream.message)
            self._shape = wanted
        with scope(self._tenant.pk):
            self._erased = erased_of(stream, known=self._erased)
            tokens = datasets.token_key(self._tenant.pk) if stream.makes_tokens else None
        return Told(stream.pk, self._decoder, wanted, tokens, self._erased)

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
            "left_out": progress.left_out,
            "lag": lag,
            "per_second": self._rate,
            "watermark": self._watermark(),
            "failure": "",
            "failure_words": {},
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
        # One that ends later than a lease lasts was taken before the clock went back: whoever reads renews it at once.
        over = Q(lease_until=None) | Q(lease_until__lt=Now()) | Q(lease_until__gt=Now() + 2 * LEASE)
        free = _open_streams().filter(over, pk=stream_id)
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


def erased_of(stream: Stream, *, known: datasets.ErasedPeople = datasets.NOBODY) -> datasets.ErasedPeople:
    """Whose events are left out of the stream; in the tenant's scope."""
    of = {"tenant_id": stream.tenant_id, "project_id": stream.project_id, "dataset_id": stream.dataset_id}
    return datasets.erased_people(**of, columns=stream.column_names, known=known)


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
