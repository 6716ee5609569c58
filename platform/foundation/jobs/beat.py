"""Celery's beat with the database as its memory: any number may run, and each tick is given out once."""

from __future__ import annotations

import logging
import time
from typing import Any

from celery.beat import Scheduler
from django.db import DatabaseError, InterfaceError, close_old_connections, connections

from foundation.jobs import clockwork, sweeper
from foundation.jobs.adapters import broker

logger = logging.getLogger(__name__)
SWEEP_EVERY = 2.0
_AWAY: tuple[type[Exception], ...] = (DatabaseError, InterfaceError, *broker.AWAY)
_AFTER_TROUBLE = 2.0


class DatabaseScheduler(Scheduler):
    """Gives out periodic tasks, and sweeps."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._sweep_at = 0.0
        self._wound_up = False
        super().__init__(*args, **kwargs)

    def setup_schedule(self) -> None:
        """Nothing to load: what is periodic is declared in tasks modules, when it ran is in the database."""

    def tick(self, *_args: Any, **_kwargs: Any) -> float:
        close_old_connections()
        try:
            return self._tick()
        except _AWAY as error:
            logger.warning("The scheduler waits for database and broker (%s)", type(error).__name__)
            connections.close_all()
            return _AFTER_TROUBLE

    def _tick(self) -> float:
        if not self._wound_up:
            clockwork.wind_up()
            self._wound_up = True
        rest = clockwork.give_out()
        if time.monotonic() >= self._sweep_at:
            sweeper.sweep()
            self._sweep_at = time.monotonic() + SWEEP_EVERY
        return rest
