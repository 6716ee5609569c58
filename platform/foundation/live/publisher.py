"""From synchronous code to the websockets: after commit, in order, and never in the caller's way."""

from __future__ import annotations

import asyncio
import atexit
import logging
import os
import threading
import time
from collections import deque
from typing import Any
from uuid import UUID

from channels.layers import get_channel_layer
from django.db import transaction
from prometheus_client import Counter

from foundation.live import groups
from foundation.live.topics import Topic, parse

logger = logging.getLogger(__name__)
SENT = Counter("sanad_live_messages_sent", "Live messages handed to Valkey")
DROPPED = Counter("sanad_live_messages_dropped", "Live messages lost: Valkey away, or more than the outbox holds")
OUTBOX_LIMIT = 10_000
_SEND_TIMEOUT = 5.0
_COMPLAIN_EVERY = 10.0

Message = dict[str, Any]


def publish(tenant_id: UUID, topic: str, kind: str, data: dict[str, Any] | None = None) -> None:
    """Tell the listeners of `topic` (`run:<uuid>`); inside a transaction after its commit, and never if it rolls back.

    `data` is JSON. A message is a hint to look again and may be lost with Valkey; the truth is in the database.
    """
    send_to_topic(tenant_id, parse(topic), {"kind": kind, "data": data or {}})


def send_to_topic(tenant_id: UUID, topic: Topic, body: Message) -> None:
    message = {"type": "live.message", "topic": str(topic), "body": body}
    _after_commit(topic.group(tenant_id), message)


def disconnect(*, user_id: UUID | None = None, token_digest: str | None = None, sentence: str = "") -> None:
    """Cut off every websocket of a person or of a token, after commit; they may come back if they still may."""
    message = {"type": "live.cut", "sentence": sentence}
    if user_id is not None:
        _after_commit(groups.of_user(user_id), message)
    if token_digest is not None:
        _after_commit(groups.of_token(token_digest), message)


def flush(timeout: float = 2.0) -> bool:
    """Wait until what was published before has left this process; False where it has not in time."""
    return _outbox.flush(timeout)


def _after_commit(group: str, message: Message) -> None:
    transaction.on_commit(lambda: _outbox.put(group, message), robust=True)


class Outbox:
    """One thread with one event loop hands messages to the channel layer in the order of their commits."""

    def __init__(self) -> None:
        self._start_afresh()

    def _start_afresh(self) -> None:
        """Also in a forked child, where the parent's thread does not exist and its lock may be held for ever."""
        self._waiting: deque[tuple[str, Message]] = deque()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._sending = 0
        self._complained_at = 0.0

    def put(self, group: str, message: Message) -> None:
        with self._changed:
            if len(self._waiting) >= OUTBOX_LIMIT:
                self._waiting.popleft()
                DROPPED.inc()
            self._waiting.append((group, message))
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="live-outbox", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def flush(self, timeout: float) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: not self._waiting and not self._sending, timeout)

    def _run(self) -> None:
        loop = asyncio.new_event_loop()
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting)
                batch = list(self._waiting)
                self._waiting.clear()
                self._sending = len(batch)
            loop.run_until_complete(self._send(batch))
            with self._changed:
                self._sending = 0
                self._changed.notify_all()

    async def _send(self, batch: list[tuple[str, Message]]) -> None:
        layer = get_channel_layer()
        for sent, (group, message) in enumerate(batch):
            try:
                await asyncio.wait_for(layer.group_send(group, message), _SEND_TIMEOUT)
            except Exception as error:  # noqa: BLE001 - whatever ails Valkey, the caller's work stands and pages ask again
                DROPPED.inc(len(batch) - sent)
                self._complain(error, len(batch) - sent)
                return
            SENT.inc()

    def _complain(self, error: Exception, lost: int) -> None:
        if time.monotonic() - self._complained_at > _COMPLAIN_EVERY:
            self._complained_at = time.monotonic()
            logger.warning("%d live messages were dropped: Valkey does not take them (%s)", lost, type(error).__name__)


_outbox = Outbox()
os.register_at_fork(after_in_child=_outbox._start_afresh)
atexit.register(flush, 1.0)
