"""Contact with the portal: polled twice a second, remembered on disk, and still of use when the portal is away."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from gateway import disk
from gateway.portal import Portal, PortalAway
from gateway.routes import RoutingTable

log = logging.getLogger("gateway.contact")


class Contact:
    """The newest routing table, when the portal last answered, and who hears of revocations."""

    def __init__(self, portal: Portal, file: Path, every_s: float) -> None:
        self.table = RoutingTable()
        # Monotonic seconds of the last answered poll; minus infinity: never in this process.
        self.last_at = float("-inf")
        self.revocations_after = 0
        self.away_because = "not asked yet"
        self._portal = portal
        self._file = file
        self._every_s = every_s
        # The first question is asked from the beginning: only so does the portal say where its numbers end.
        self._asked_version = 0
        self._asked_after = 0
        self._saved: tuple[int, int] | None = None
        self.on_table: list[Callable[[RoutingTable], None]] = []
        self.on_revoked: list[Callable[[Iterable[str]], None]] = []
        self.on_rewound: list[Callable[[], None]] = []
        # What is known of feature views is of another moment than the portal's.
        self.on_features: list[Callable[[], None]] = []
        self._features_version: int | None = None

    @property
    def is_lost(self) -> bool:
        return bool(self.away_because)

    def age_s(self) -> float:
        return time.monotonic() - self.last_at

    def restore(self) -> None:
        """Serve on the routes of last time until the portal says better ones."""
        try:
            document = disk.read_json(self._file)
            if document is None:
                return
            table = RoutingTable.parse(int(document["routes_version"]), document["routes"])
            self.revocations_after = int(document["revocations_after"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            log.error("%s cannot be read (%r); nothing is served until the portal answers.", self._file, error)
            return
        self._take_table(table)
        log.info("Serving on %d routes kept from last time.", len(table.routes))

    async def run(self) -> None:
        while True:
            began = time.monotonic()
            await self.poll()
            await asyncio.sleep(max(0.0, self._every_s - (time.monotonic() - began)))

    async def poll(self) -> None:
        try:
            document = await self._portal.state(self._asked_version, self._asked_after)
            self._take(document)
        except PortalAway as away:
            self._note_away(str(away))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            self._note_away(f"its state cannot be read: {error!r}")
        else:
            self.last_at = time.monotonic()
            if self.away_because:
                log.info("The portal answers; %d routes, version %d.", len(self.table.routes), self.table.version)
            self.away_because = ""
            await self._save()

    def _take(self, document: dict[str, Any]) -> None:
        version, routes = int(document["routes_version"]), document["routes"]
        newest, revoked = int(document["revocations_after"]), [str(one) for one in document["revoked"]]
        if newest < self.revocations_after:
            # The portal was set back to an older database: what we know of keys may be of a time that is no more.
            log.warning(
                "Revocations went back from %d to %d; every key is checked anew.", self.revocations_after, newest
            )
            for rewound in self.on_rewound:
                rewound()
        for hear in self.on_revoked:
            hear(revoked)
        self.revocations_after = self._asked_after = newest
        if routes is not None:
            self._take_table(RoutingTable.parse(version, routes))
        elif self._asked_version == 0 and self.table.version != version:
            # Asked from the beginning and told "unchanged": the portal has no routes at all.
            self._take_table(RoutingTable(version))
        self._asked_version = version
        features = int(document.get("features_version") or 0)
        if features != self._features_version:
            self._features_version = features
            for changed in self.on_features:
                changed()

    def _take_table(self, table: RoutingTable) -> None:
        self.table = table
        for hear in self.on_table:
            hear(table)

    def _note_away(self, because: str) -> None:
        if because != self.away_because:
            log.warning("The portal does not answer (%s); serving on %d known routes.", because, len(self.table.routes))
        self.away_because = because

    async def _save(self) -> None:
        state = (self.table.version, self.revocations_after)
        if state == self._saved:
            return
        document = {
            "routes_version": self.table.version,
            "routes": {name: route.as_document() for name, route in self.table.routes.items()},
            "revocations_after": self.revocations_after,
        }
        try:
            await asyncio.to_thread(disk.write_json, self._file, document)
        except OSError as error:
            log.error(
                "%s cannot be written (%s); a restart without the portal would know no routes.", self._file, error
            )
        else:
            self._saved = state
