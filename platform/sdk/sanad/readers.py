"""Features read in this process, straight from the online store."""

from __future__ import annotations

import importlib
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sanad.errors import Failed, Refused

if TYPE_CHECKING:
    from runtime.online import Answer, OnlineReader, RequestRefused

# Before a store's name ends it is asked for the next one.
_SPARE_S = 300


_NO_READER = (
    "Reading in the process needs {name}: pip install 'sanad[features]'. client.features.online asks the gateway."
)
# In a wheel the reader lies below this package, in a checkout beside it.
_PLACES = ("sanad.runtime.online", "runtime.online")


def _online() -> Any:
    """The reader's own package. Failed where what it stands on is not installed."""
    lacking = ""
    for place in _PLACES:
        try:
            return importlib.import_module(place)
        except ModuleNotFoundError as error:
            name = error.name or ""
            if not lacking and not place.startswith(name):
                lacking = name
    raise Failed(_NO_READER.format(name=lacking or "the reader"))


class Reader:
    """Reads the views that it was made for; one may be shared by threads.

    Values are read in one round trip, whatever the number of entities and views. Needs what `pip install
    'sanad[features]'` brings, and a way to the store; without either `client.features.online` asks the gateway.
    """

    def __init__(self, ask: Callable[[], dict[str, Any]], store: Any = None) -> None:
        self._ask, self._given = ask, store
        self._lock = threading.Lock()
        self._until = 0.0
        self._reader: OnlineReader | None = None
        self._plan: Any = None

    def read(self, entities: Sequence[Mapping[str, Any]]) -> Answer:
        """Columns by feature (`.features`), and what is missing (`.missing`) or not online (`.not_online`).

        Refused where an entity lacks a join key; Failed where the store does not answer.
        """
        online, before = _online(), self._reader
        try:
            return self._at_work().read(entities, now_us=time.time_ns() // 1_000)
        except online.KeyRefused as refused:
            raise Refused(f"Entity {refused.place + 1}: the join key {refused.key!r} is {refused.why}.") from refused
        except (online.StoreAway, online.NotOurs) as error:
            self._until = 0.0
            if before is not None and before is self._reader:
                # Its name or its keys may have ended with somebody's role or a new version: the portal gives others.
                return self.read(entities)
            said = "A value online cannot be opened" if isinstance(error, online.NotOurs) else "There is no answer"
            raise Failed(f"{said} by this reader's name at the online store; ask again.") from error

    def rows(
        self, entities: Sequence[Mapping[str, Any]], requests: Sequence[Mapping[str, Any]] | None = None
    ) -> list[dict[str, Any]]:
        """The same as the gateway tells it: one object for each entity, with the on-demand features of a service.

        `requests` are the values of the request for each entity; or each entity is {"entity": keys, "request": values}.
        Refused where a value is not known or not of its kind.
        """
        online = _online()
        try:
            keys, told = online.parted(entities, requests)
            answer = self.read(keys)
            given = online.told_beside(self._plan.derived, keys, told)
            online.check_requests(self._plan.derived, given)
            found: list[dict[str, Any]] = online.results(self._plan, keys, answer, given)
            return found
        except online.RequestRefused as refused:
            raise Refused(_said(refused)) from refused

    def _at_work(self) -> OnlineReader:
        if self._reader is not None and time.monotonic() < self._until:
            return self._reader
        with self._lock:
            if self._reader is not None and time.monotonic() < self._until:
                return self._reader
            self._reader = self._begun()
            return self._reader

    def _begun(self) -> OnlineReader:
        online = _online()
        told = self._ask()
        known = {one.id: one for one in self._plan.online_views} if self._plan else {}
        self._plan = online.Plan.parse(told["plan"], known)
        store = self._given if self._given is not None else online.Valkey(told["url"])
        ends = datetime.fromisoformat(told["expires_at"].replace("Z", "+00:00")).timestamp()
        self._until = time.monotonic() + max(1.0, ends - time.time() - _SPARE_S)
        reader: OnlineReader = online.OnlineReader(store, self._plan.online_views)
        return reader


def _said(refused: RequestRefused) -> str:
    return {
        "count": "There are not as many requests as entities; send one for each, in their order.",
        "twice": "The values of the request are given twice: beside each entity, or in a list of requests, not both.",
        "unknown": f"There is no value {refused.name!r} to give. There are: {', '.join(refused.known) or 'none'}.",
        "kind": f"Entity {refused.place + 1}: {refused.name!r} has to be a {refused.wanted}.",
    }[refused.why]
