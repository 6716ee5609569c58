"""Keys that were refused here without asking the portal, counted and told to it: their tenants read of it.

The portal records what it is asked about itself; this is the rest: keys known to be revoked or expired, those that it
denied a moment ago, and good ones from a wrong place. A killed gateway loses what it counted in the last two seconds.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import Counter

from gateway.portal import Portal, PortalAway

log = logging.getLogger("gateway.refusals")

TELL_EVERY_S = 2.0
# Of so many keys at once is remembered how often they were refused; those beyond are in the gateway's figures alone.
MOST_KEYS = 200


class Refusals:
    """Counts by the key's digest and the status of the answer; nothing of the request."""

    def __init__(self, portal: Portal) -> None:
        self._portal = portal
        self._counts: Counter[tuple[str, int]] = Counter()
        self._some = asyncio.Event()

    def note(self, digest: str, status: int) -> None:
        key = (digest, status)
        if key in self._counts or len(self._counts) < MOST_KEYS:
            self._counts[key] += 1
            self._some.set()

    async def run(self) -> None:
        while True:
            await self._some.wait()
            await asyncio.sleep(TELL_EVERY_S)
            await self.tell()

    async def tell(self) -> None:
        """Hand over what was counted; while the portal is away it is kept."""
        counts, self._counts = self._counts, Counter()
        self._some.clear()
        if not counts:
            return
        told = [{"digest": digest, "status": status, "count": count} for (digest, status), count in counts.items()]
        try:
            await self._portal.refused(told)
        except PortalAway as away:
            log.warning("Refused keys could not be told to the portal: %s", away)
            self._counts.update(counts)
            self._some.set()

    async def close(self) -> None:
        """What is left is told once more; a portal that is away at the very end does not hear of it."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(TELL_EVERY_S):
                await self.tell()
