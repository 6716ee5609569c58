"""Bring logged predictions from the gateway's stream into the lake and the counts, until told to stop."""

from __future__ import annotations

import logging
import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand
from django.db import close_old_connections

from apps.monitoring import services

log = logging.getLogger("sanad.monitoring")
_PAUSE_S, _TROUBLE_S = 1.0, 3.0


class Command(BaseCommand):
    help = "Bring logged predictions into the lake and count them, until SIGTERM."

    def handle(self, *args: Any, **options: Any) -> None:
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        while not stop.is_set():
            stop.wait(self._step())

    def _step(self) -> float:
        try:
            return 0.0 if services.drain_once().more else _PAUSE_S
        except Exception:
            # Whatever the turn met: the log is drained for as long as the portal runs.
            log.exception("Draining waits and is tried again.")
            close_old_connections()
            return _TROUBLE_S
