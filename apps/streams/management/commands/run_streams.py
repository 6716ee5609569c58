"""Read all running streams into the lake, until told to stop."""

from __future__ import annotations

import gc
import signal
import threading
from importlib import import_module
from typing import Any

from django.core.management.base import BaseCommand

from apps.streams.services import Consumer


class Command(BaseCommand):
    help = "Read the events of all running streams into the lake, until SIGTERM."

    def handle(self, *args: Any, **options: Any) -> None:
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        _settle()
        Consumer(stop).run()


def _settle() -> None:
    """What is loaded now stays as long as the process: no search for garbage goes through it again.

    Each event is a few lists that live for one batch. They made Python look through all of Django so often that it cost
    twice as much as reading the events did.
    """
    import_module("foundation.lake.engines")
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 10, 10)
