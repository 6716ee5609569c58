"""The message broker, reached through Celery. A message is a doorbell; what it loses is rung again."""

from __future__ import annotations

from typing import Any

from celery import current_app
from kombu.exceptions import KombuError
from redis.exceptions import RedisError

AWAY: tuple[type[Exception], ...] = (KombuError, RedisError, OSError)


def ring(name: str, queue: str, *given: str, expires: float | None = None) -> None:
    """Put one message into the queue, or raise one of AWAY; no waiting for a broker that does not answer."""
    current_app.send_task(name, args=given, queue=queue, retry=False, ignore_result=True, expires=expires)


def waiting(queue: str) -> int:
    """How many messages lie in the queue and were taken by no worker."""
    connection: Any
    with current_app.pool.acquire(block=True) as connection:
        # Not passive: that form looks for the queue under a name without our key prefix. A queue is a list, so
        # declaring one makes nothing.
        return int(connection.default_channel.queue_declare(queue).message_count)
