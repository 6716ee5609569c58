"""One task per process asks once in less than a second whether the connected may still be."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from django.db import DatabaseError
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from prometheus_client import Histogram

from foundation import clock
from foundation.live import threads
from foundation.live.visitors import Visitor
from foundation.live.watching import no_longer_welcome

if TYPE_CHECKING:
    from foundation.live.consumers import LiveConsumer

logger = logging.getLogger(__name__)
CHECK_EVERY = 0.5
# Without the database nobody can be checked; after this long nobody is believed any more.
BLIND_LIMIT = 60.0
_COMPLAIN_EVERY = 10.0
ROUND = Histogram(
    "sanad_live_guard_round_seconds",
    "How long one look at all open connections took; with the pause before it, it has to stay below a second",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5),
)
_BLIND = _("The portal cannot check your rights just now; the page connects again by itself.")


class Guard:
    """The open connections of one event loop, and the watch over them."""

    def __init__(self) -> None:
        self._open: dict[LiveConsumer, Visitor] = {}
        self._watch: asyncio.Task[None] | None = None
        self._complained_at = -_COMPLAIN_EVERY

    def enter(self, consumer: LiveConsumer, visitor: Visitor) -> None:
        self._open[consumer] = visitor
        if self._watch is None or self._watch.done():
            self._watch = asyncio.get_running_loop().create_task(self._keep_watch())

    def leave(self, consumer: LiveConsumer) -> None:
        self._open.pop(consumer, None)

    def connections_of(self, visitor: Visitor) -> int:
        mine = Counter((v.tenant_id, v.actor.kind, v.actor.id) for v in self._open.values())
        return mine[(visitor.tenant_id, visitor.actor.kind, visitor.actor.id)]

    async def _keep_watch(self) -> None:
        loop = asyncio.get_running_loop()
        seen_at = loop.time()
        while self._open:
            await asyncio.sleep(CHECK_EVERY)
            try:
                await self._look()
                seen_at = loop.time()
            except DatabaseError as error:
                logger.warning("The database does not say who may still listen (%s)", type(error).__name__)
                if loop.time() - seen_at > BLIND_LIMIT:
                    await self._send_away(dict.fromkeys(self._open.values(), _BLIND))

    async def _look(self) -> None:
        loop, connected = asyncio.get_running_loop(), list(self._open.values())
        began = loop.time()
        await self._send_away(await threads.guard(no_longer_welcome, connected, now=clock.now()))
        took = loop.time() - began
        ROUND.observe(took)
        if took > CHECK_EVERY and began - self._complained_at > _COMPLAIN_EVERY:
            self._complained_at = began
            logger.warning(
                "A look at %d open connections took %.2f s: who loses a right is cut off later than within a second",
                len(connected),
                took,
            )

    async def _send_away(self, sentences: Mapping[Visitor, str | Promise]) -> None:
        leaving = [(consumer, sentences[visitor]) for consumer, visitor in self._open.items() if visitor in sentences]
        await asyncio.gather(*(consumer.cut(sentence) for consumer, sentence in leaving))


_guards: WeakKeyDictionary[asyncio.AbstractEventLoop, Guard] = WeakKeyDictionary()


def of_this_loop() -> Guard:
    return _guards.setdefault(asyncio.get_running_loop(), Guard())
