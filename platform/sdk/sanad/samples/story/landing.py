from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any

from sanad.resource import Thing
from sanad.samples import flights, landed
from sanad.samples.story.care import Care
from sanad.samples.story.flow import Flow
from sanad.samples.story.stage import must
from sanad.transport import unmade, wait_for

if TYPE_CHECKING:
    from sanad.demo import Figures

# So many of the year's first flights land once more, just now, in so many parts that are each in before the next.
EVENTS, PARTS = 3_000, 2
# As many of one request are compared with the lake at most.
_AT_ONCE = 5
_ENTITIES = ("carrier", "origin", "tailnum")


class Landing(Flow, Care):
    """Flights land, windows over them go on, and what is served is what a training set would have joined."""

    def windows(self) -> Figures:
        """The year so far: what a model learns from, by the very stream and windows that go on when it serves."""
        for name in _ENTITIES:
            self.scientist.features.entity(name, [name])
        stream = self.kept.stream(landed.STREAM) or self.scientist.streams.create(
            landed.STREAM, columns=landed.COLUMNS, event_time=landed.EVENT_TIME
        )
        rows = int(stream["rows"])
        if not rows:
            rows = self._sent(stream, landed.events(self.files["flights"]), 0)
        must(rows >= flights.ROWS or not self.whole, f"{rows} of {flights.ROWS} flights came in")
        # What flights hold is said of a version of them, as of every dataset.
        self._classified(self.kept.dataset(landed.STREAM) or self._cut(stream))
        self.made["stream"] = stream
        self.made["windows"] = [self._windows(words, stream) for words in landed.views()]
        return {"flights": rows, "windows": len(self.made["windows"])}

    def landing(self) -> Figures:
        """Flights land now: every answer is compared with the lake."""
        stream, views = self.scientist.streams.get(self.made["stream"]["id"]), self.made["windows"]
        for view in views:
            self.scientist.features.watch_skew(view["id"], share=1.0, limit=0.0)
        now = datetime.now(UTC).replace(microsecond=0)
        year = islice(landed.events(self.files["flights"]), EVENTS)
        events = landed.shifted(year, now - timedelta(minutes=1))
        rows, before, asked = int(stream["rows"]), [self._compared(view) for view in views], [0] * len(views)
        for part in (events[part::PARTS] for part in range(PARTS)):
            rows += self._sent(stream, landed.as_known(part, datetime.now(UTC)), rows)
            asked = [count + self._served(view, rows, events) for view, count in zip(views, asked, strict=True)]
        found = [self._skew(view, sum(counts)) for view, *counts in zip(views, before, asked, strict=True)]
        compared, different = (sum(one[word] for one in found) for word in ("compared", "different"))
        must(not different, f"{different} of {compared} answers were not what a join has")
        return {"landed": EVENTS, "windows": len(views), "compared": compared, "different": different}

    def _windows(self, words: dict[str, Any], stream: Thing) -> Thing:
        return self.kept.view(words["name"]) or self.scientist.features.define_windows(**words, stream=stream["id"])

    def _sent(self, stream: Thing, events: Any, rows: int) -> int:
        """How many became rows, once they are there."""
        told = self.scientist.streams.push(stream["id"], events)
        must(not told["rejected"], f"of the flights these were refused: {told['rejected'][:3]}")
        wait_for(
            lambda: self.scientist.streams.get(stream["id"]),
            lambda found: found["rows"] >= rows + told["accepted"],
            failed=lambda found: found["failure"] or None,
            timeout_s=120,
            what="The stream",
        )
        return int(told["accepted"])

    def _served(self, view: Thing, rows: int, events: list[dict[str, Any]]) -> int:
        """Ask for every entity once the windows have all flights; how many there were."""
        wait_for(
            lambda: self.scientist.features.get(view["id"]),
            lambda found: found["progress"]["events"] >= rows and found["progress"]["online"],
            failed=lambda found: found["progress"]["failure"] or unmade(found),
            timeout_s=120,
            what=f"The windows {view['name']}",
        )
        key = view["entity_name"]
        entities = [{key: value} for value in sorted({event[key] for event in events})]
        for start in range(0, len(entities), _AT_ONCE):
            self.scientist.features.online([view["id"]], entities[start : start + _AT_ONCE])
        return len(entities)

    def _compared(self, view: Thing) -> int:
        return int(self.scientist.features.skew(view["id"])["compared"])

    def _skew(self, view: Thing, expected: int) -> Thing:
        """What the monitor found, once it has looked at all that was asked for."""
        return wait_for(
            lambda: self.scientist.features.skew(view["id"]),
            lambda found: found["compared"] >= expected,
            failed=lambda _found: None,
            timeout_s=120,
            what=f"The comparison of {view['name']}",
        )
