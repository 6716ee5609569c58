"""The consumer: one process that reads every running stream of every tenant, a few at the same time."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any
from uuid import UUID

from django.db import InterfaceError, OperationalError, close_old_connections

from apps.connections.errors import SourceChanged
from apps.streams.choices import STREAM_NEXT, StreamState
from apps.streams.events import StreamFailed
from apps.streams.models import Stream
from apps.streams.services import reading
from apps.streams.services.reading import Lost, Reading, take
from foundation import ledger, live, states
from foundation.errors import OverQuota, PortalError, Unavailable
from foundation.identity import Actor
from foundation.lake import MarkMoved
from foundation.tenancy import (
    KeyDestroyed,
    KeyWithdrawn,
    TenantDeleted,
    TenantSuspended,
    every_tenant,
    scope,
    why_closed,
    why_locked,
)
from foundation.tenancy.models import Tenant
from foundation.words import kept as _
from foundation.words import words_of

log = logging.getLogger("sanad.streams")
_AT_ONCE, _LOOK_S, _STEP_S = 4, 1.0, 0.05
_TROUBLE_S, _ELSEWHERE_S = 3.0, 2.0
# What passes by itself; whatever else a stream meets ends it, with a sentence.
_PASSING = (
    *(Unavailable, OverQuota, OperationalError, InterfaceError, OSError),
    # A tenant that is closed, or keeps its key, may come back.
    *(KeyWithdrawn, KeyDestroyed, TenantSuspended, TenantDeleted),
)


class _Known:
    """A stream that is wanted: who reads it here, and when it has its next turn."""

    def __init__(self, tenant: Tenant) -> None:
        self.tenant = tenant
        self.reading: Reading | None = None
        self.due = 0.0
        self.turn: Future[None] | None = None


class Consumer:
    """Gives each running stream its turns; `stop` ends it between them. Killed at any point, the next one goes on."""

    def __init__(self, stop: threading.Event) -> None:
        self._stop = stop
        self._known: dict[UUID, _Known] = {}
        self._look_at = self._renew_at = 0.0
        # A turn has ended, and its stream may be due again.
        self._ended = threading.Event()

    def run(self) -> None:
        with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="stream") as pool:
            while not self._stop.is_set():
                self._ended.clear()
                self._look()
                self._renew()
                for stream_id, known in self._known.items():
                    if known.turn is not None and known.turn.done():
                        known.turn = None
                    if known.turn is None and known.due <= time.monotonic():
                        known.turn = pool.submit(self._turn, stream_id, known)
                        known.turn.add_done_callback(self._tell)
                self._ended.wait(_STEP_S)
        for known in self._known.values():
            self._drop(known)

    def _tell(self, _turn: Future[None]) -> None:
        self._ended.set()

    def _look(self) -> None:
        """Which streams run, once a second; the consumer outlives whatever it meets."""
        if time.monotonic() < self._look_at:
            return
        self._look_at = time.monotonic() + _LOOK_S
        try:
            wanted = {stream_id: tenant for tenant in every_tenant() for stream_id in self._running(tenant)}
        except Exception:
            log.exception("The streams wait and are tried again.")
            close_old_connections()
            return
        for stream_id, tenant in wanted.items():
            self._known.setdefault(stream_id, _Known(tenant))
        for stream_id in [pk for pk, known in self._known.items() if pk not in wanted and known.turn is None]:
            self._drop(self._known.pop(stream_id))

    def _running(self, tenant: Tenant) -> list[UUID]:
        """One that cannot be asked holds up no other."""
        try:
            return running_of(tenant)
        except Exception:
            log.exception("The streams of %s wait and are tried again.", tenant.slug)
            close_old_connections()
            return []

    def _renew(self) -> None:
        """Keep what is read here, however long a turn takes."""
        if time.monotonic() < self._renew_at:
            return
        self._renew_at = time.monotonic() + reading.LEASE.total_seconds() / 4
        for known in self._known.values():
            if (held := known.reading) is not None:
                self._outlive(held.renew)

    def _turn(self, stream_id: UUID, known: _Known) -> None:
        began = time.monotonic()
        try:
            if known.reading is None:
                known.reading = take(known.tenant, stream_id)
            if known.reading is None:
                known.due = began + _ELSEWHERE_S
                return
            more = known.reading.turn()
            known.due = began if more else began + known.reading.stream.batch_seconds
        except (Lost, MarkMoved):
            # Whoever has it goes on; nothing of this turn is in the lake.
            self._drop(known)
            known.due = began + _LOOK_S
        except _PASSING as error:
            log.warning("The stream %s waits: %s", stream_id, error)
            self._drop(known)
            known.due = began + _TROUBLE_S
            self._outlive(wait, known.tenant, stream_id, error)
        except Exception as error:
            log.exception("The stream %s cannot be read.", stream_id)
            self._drop(known)
            known.due = began + _TROUBLE_S
            self._outlive(fail, known.tenant, stream_id, error)

    def _outlive(self, act: Callable[..., None], *given: Any) -> None:
        try:
            act(*given)
        except Exception:
            log.exception("What became of a stream could not be written down; it is tried again.")
            close_old_connections()

    def _drop(self, known: _Known) -> None:
        """End its connections; whoever takes it next reads the mark anew."""
        held, known.reading = known.reading, None
        if held is not None:
            self._outlive(held.release)


def running_of(tenant: Tenant) -> list[UUID]:
    """The streams of a tenant that are to be read now."""
    if tenant.deleted_at is not None or why_closed(tenant) or why_locked(tenant):
        return []
    with scope(tenant.pk):
        rows = Stream.objects.filter(state=StreamState.RUNNING, project__archived_at=None)
        return list(rows.values_list("pk", flat=True))


def wait(tenant: Tenant, stream_id: UUID, error: Exception) -> None:
    """Say on the page what a stream waits for."""
    passing = _("The portal could not get on just now; it is tried again by itself.")
    sentence = error.sentence if isinstance(error, PortalError) else passing
    with scope(tenant.pk):
        rows = Stream.objects.filter(pk=stream_id, state=StreamState.RUNNING)
        rows.update(failure=sentence, failure_words=words_of(sentence))
        live.publish(tenant.pk, f"stream:{stream_id}", "stream_waits", {"failure": sentence})


def fail(tenant: Tenant, stream_id: UUID, error: Exception) -> None:
    """End a stream that cannot be read as it is; whoever may lets it go on, from the same place."""
    words = _("Its events cannot be read (%(cause)s). Look at its settings, and let it go on.")
    sentence = error.sentence if isinstance(error, PortalError) else words % {"cause": type(error).__name__}
    with scope(tenant.pk):
        rows, lost = Stream.objects.filter(pk=stream_id), isinstance(error, SourceChanged)
        said = {"failure": sentence, "failure_words": words_of(sentence)}
        if not states.move_rows(rows, StreamState.FAILED, STREAM_NEXT, **said, lease_until=None, gap=lost):
            return
        stream = rows.get()
        system = Actor.system(tenant, "streams")
        failed = StreamFailed(stream_id=stream_id, gap=lost)
        ledger.record(failed, actor=system, project_id=stream.project_id, subject=("stream", stream_id))
        live.publish(tenant.pk, f"stream:{stream_id}", "stream_failed", {"failure": sentence})
