"""The time for which an attempt is believed to be alive, by the database's clock, and the thread that renews it."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from types import TracebackType

from django.db import DatabaseError, InterfaceError, connections
from django.db.models import QuerySet
from django.db.models.functions import Now

from foundation.jobs import news
from foundation.jobs.errors import JobCancelled, JobTaken
from foundation.jobs.models import Job, JobTicket
from foundation.tenancy import scope

logger = logging.getLogger(__name__)
LEASE = timedelta(seconds=30)
RENEW_EVERY = 5.0
LOOK_EVERY = 1.0
PROGRESS_EVERY = 0.5


class Pulse:
    """Calls `beat` in a thread with a database connection of its own, once a second and when nudged."""

    def __init__(self, beat: Callable[[], None]) -> None:
        self._beat = beat
        self._nudged = threading.Condition()
        self._nudge_at = float("inf")
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="lease", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        with self._nudged:
            self._stopping = True
            self._nudged.notify()
        self._thread.join()

    def nudge(self, at: float) -> None:
        """Beat at this monotonic time at the latest."""
        with self._nudged:
            if at < self._nudge_at:
                self._nudge_at = at
                self._nudged.notify()

    def _run(self) -> None:
        try:
            while self._waited():
                try:
                    self._beat()
                except (DatabaseError, InterfaceError) as error:
                    logger.warning("The lease could not be renewed just now (%s)", type(error).__name__)
                    connections.close_all()
        finally:
            connections.close_all()

    def _waited(self) -> bool:
        look_at = time.monotonic() + LOOK_EVERY
        with self._nudged:
            while not self._stopping and (rest := min(look_at, self._nudge_at) - time.monotonic()) > 0:
                self._nudged.wait(rest)
            self._nudge_at = float("inf")
            return not self._stopping


class Keeper:
    """Keeps one attempt's lease, hears of cancellation, and writes its progress, apart from what the attempt does."""

    def __init__(self, job: Job, attempt: int) -> None:
        self.job, self.attempt = job, attempt
        self.step = ""
        self.percent: float | None = None
        self._cancelled = self._lost = self._unwritten = False
        self._sure_until = time.monotonic() + LEASE.total_seconds()
        self._renew_at = time.monotonic() + RENEW_EVERY
        self._write_at = 0.0
        self._pulse = Pulse(self._beat)

    def __enter__(self) -> Keeper:
        self._pulse.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pulse.stop()

    def progress(self, step: str, percent: float | None) -> None:
        """Remember how far it is; written and published at most twice a second, the last word always."""
        self.step, self.percent, self._unwritten = step, percent, True
        self._pulse.nudge(self._write_at)

    def unwritten(self) -> tuple[str, float | None] | None:
        """Step and per cent that were said and not written yet."""
        return (self.step, self.percent) if self._unwritten else None

    def check(self) -> None:
        """Raise JobCancelled or JobTaken where there is reason; costs nothing, and knows within a second."""
        if self._lost or time.monotonic() > self._sure_until:
            raise JobTaken
        if self._cancelled:
            raise JobCancelled

    def _beat(self) -> None:
        if self._unwritten and time.monotonic() >= self._write_at:
            self._unwritten = False
            self._write_at = time.monotonic() + PROGRESS_EVERY
            write_progress(self.job, self.attempt, self.step, self.percent)
        asked_at = time.monotonic()
        if asked_at >= self._renew_at:
            self._lost = not renew(self.job, self.attempt)
            self._renew_at, self._sure_until = asked_at + RENEW_EVERY, asked_at + LEASE.total_seconds()
        self._cancelled = cancel_requested(self.job, self.attempt)


def renew(job: Job, attempt: int) -> bool:
    """Another thirty seconds; False where the attempt no longer holds the job."""
    return bool(held(job, attempt).update(lease_until=Now() + LEASE))


def cancel_requested(job: Job, attempt: int) -> bool:
    return held(job, attempt).filter(cancelled=True).exists()


def write_progress(job: Job, attempt: int, step: str, percent: float | None) -> None:
    """Write and publish, unless a later attempt has taken over."""
    with scope(job.tenant_id):
        rows = Job.objects.filter(pk=job.pk, attempt=attempt, state="running")
        if rows.update(step=step[:300], percent=percent):
            news.tell_progress(job, attempt, step[:300], percent)


def held(job: Job, attempt: int) -> QuerySet[JobTicket]:
    """The ticket, as long as this attempt holds it."""
    return JobTicket.objects.filter(job_id=job.pk, attempt=attempt, state=JobTicket.State.RUNNING)
