from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any

from sanad.resource import Thing
from sanad.samples import landed
from sanad.samples.story.care import Care
from sanad.samples.story.flow import Flow
from sanad.samples.story.stage import must
from sanad.transport import unmade, wait_for

if TYPE_CHECKING:
    from sanad.demo import Figures

# So many of the year's first flights, in so many parts that each land before the next is sent.
EVENTS, PARTS = 3_000, 3
# As many of one request are compared with the lake at most.
_AT_ONCE = 5


class Landing(Flow, Care):
    """Flights land, windows over them go on, and what is served is what a training set would have joined."""

    def landing(self) -> Figures:
        events = list(_shifted(islice(landed.events(), EVENTS)))
        stream = self.kept.stream(landed.STREAM) or self.scientist.streams.create(
            landed.STREAM, columns=landed.COLUMNS, event_time=landed.EVENT_TIME
        )
        rows, parts = int(stream["rows"]), [events[part::PARTS] for part in range(PARTS)]
        rows += self._sent(stream, parts[0], rows)
        # What flights hold is said of a version of them, as of every dataset.
        self._classified(self.kept.dataset(landed.STREAM) or self._cut(stream))
        views = [self._windows(words, stream) for words in landed.views()]
        before, asked = [self._compared(view) for view in views], [0] * len(views)
        for part in parts[1:]:
            rows += self._sent(stream, part, rows)
            asked = [count + self._served(view, rows, events) for view, count in zip(views, asked, strict=True)]
        found = [self._skew(view, sum(counts)) for view, *counts in zip(views, before, asked, strict=True)]
        compared, different = (sum(one[word] for one in found) for word in ("compared", "different"))
        must(not different, f"{different} of {compared} answers were not what a join has")
        return {"landed": EVENTS, "windows": len(views), "compared": compared, "different": different}

    def _windows(self, words: dict[str, Any], stream: Thing) -> Thing:
        """A view of the sample over the stream, of which every answer is compared."""
        if kept := self.kept.view(words["name"]):
            return kept
        # Flights are sent later than they landed: a value counts from when it was here.
        made = self.scientist.features.define_windows(**{**words, "known_since": "arrival"}, stream=stream["id"])
        self.scientist.features.watch_skew(made["id"], share=1.0, limit=0.0)
        return made

    def _sent(self, stream: Thing, events: list[dict[str, Any]], rows: int) -> int:
        """How many became rows, once they are there."""
        told = self.scientist.streams.push(stream["id"], events)
        must(not told["rejected"], f"of the flights these were refused: {told['rejected'][:3]}")
        self._arrived(stream, rows + told["accepted"])
        return int(told["accepted"])

    def _arrived(self, stream: Thing, expected: int) -> None:
        wait_for(
            lambda: self.scientist.streams.get(stream["id"]),
            lambda found: found["rows"] >= expected,
            failed=lambda found: found["failure"] or None,
            timeout_s=60,
            what="The stream",
        )

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


def _shifted(events: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The same flights as if the last of them had landed just now: a window is over what has just been."""
    known = list(events)
    last = max(datetime.fromisoformat(event[landed.EVENT_TIME]) for event in known)
    later = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=1) - last
    for event in known:
        yield {**event, landed.EVENT_TIME: (datetime.fromisoformat(event[landed.EVENT_TIME]) + later).isoformat()}
