"""Worker processes say that they are there; a queue that none of them serves says so to those who wait."""

from __future__ import annotations

import os
import time
from datetime import timedelta
from typing import Any

from celery import signals
from django.db.models.functions import Now

from foundation.jobs.leases import Pulse
from foundation.jobs.models import Worker

SAY_EVERY = 5.0
BELIEVED_FOR = timedelta(seconds=20)
_present: list[Presence] = []


class Presence:
    """Keeps the row of this worker fresh until it shuts down."""

    def __init__(self, name: str, queues: list[str], concurrency: int) -> None:
        self._row = {"queues": queues, "concurrency": concurrency}
        self.name = name[:200]
        self._say_at = 0.0
        self._pulse = Pulse(self._beat)

    def begin(self) -> None:
        self._pulse.start()
        self._pulse.nudge(0.0)

    def end(self) -> None:
        self._pulse.stop()
        Worker.objects.filter(pk=self.name).delete()

    def _beat(self) -> None:
        if time.monotonic() >= self._say_at:
            Worker.objects.update_or_create(name=self.name, defaults={**self._row, "seen_at": Now()})
            self._say_at = time.monotonic() + SAY_EVERY


def is_served(queue: str) -> bool:
    """Whether a worker of this queue was there just now."""
    return Worker.objects.filter(queues__contains=[queue], seen_at__gt=Now() - BELIEVED_FOR).exists()


def connect() -> None:
    """Called once when the apps are ready; the signals come in worker processes alone."""
    signals.worker_ready.connect(_begin, weak=False, dispatch_uid="jobs.presence.begin")
    signals.worker_shutdown.connect(_end, weak=False, dispatch_uid="jobs.presence.end")


def _begin(sender: Any, **_signal: Any) -> None:
    queues = sorted(sender.app.amqp.queues.consume_from)
    presence = Presence(f"{sender.hostname}:{os.getpid()}", queues, sender.controller.concurrency or 1)
    _present.append(presence)
    presence.begin()


def _end(**_signal: Any) -> None:
    while _present:
        _present.pop().end()
