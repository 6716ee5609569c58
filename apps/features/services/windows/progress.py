"""How far a windows view has come with its events, as pages and programs are told it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from apps.features.services.windows.events import Mark, events_table
from foundation.clock import now
from foundation.lake import Lake

if TYPE_CHECKING:
    from apps.features.models import FeatureView


@dataclass(frozen=True)
class Progress:
    """As of the last step that is in the rows.

    `events` were taken in, and `left_out` had no event time, no key, or one that is too long. `newest_event` and
    `advanced_at` are moments in ISO 8601, `seconds` how long the last step took. `online_step` is
    the last step whose keys are online; `table` and `snapshot` say what was read.
    """

    step: int
    table: str
    snapshot: int
    events: int
    left_out: int
    newest_event: str
    advanced_at: str
    seconds: float = 0.0
    online_step: int = 0
    # So many rows there were when their profile was made.
    profiled: int = 0
    failure: str = ""

    @classmethod
    def at(cls, tables: Lake, view: FeatureView, mark: Mark, *, after: int = 0) -> Progress:
        """Counted in the view's own table of events; of what came after a step alone."""
        counted = "count(t) AS events, count(*) - count(t) AS left_out, max(t) AS newest"
        sql = f"SELECT {counted} FROM events WHERE step > {int(after)}"  # noqa: S608 - a number
        events = {"events": tables.current(events_table(view))}
        [found] = tables.query(sql, events).read_all().to_pylist()
        newest = found["newest"]
        return cls(
            step=mark.step,
            table=mark.table,
            snapshot=mark.snapshot,
            events=found["events"],
            left_out=found["left_out"],
            newest_event="" if newest is None else datetime.fromtimestamp(newest / 1_000_000, UTC).isoformat(),
            advanced_at=now().isoformat(),
        )

    def on(self, tables: Lake, view: FeatureView, mark: Mark) -> Progress:
        """As of a later step: only what came since is counted, as long as nothing was begun anew."""
        if not mark.whole <= self.step <= mark.step:
            return Progress.at(tables, view, mark)
        came = Progress.at(tables, view, mark, after=self.step)
        newest = max(self.newest_event, came.newest_event, key=_moment)
        return came.but(events=self.events + came.events, left_out=self.left_out + came.left_out, newest_event=newest)

    @classmethod
    def of(cls, view: FeatureView) -> Progress:
        return cls(**view.follow)

    def said(self) -> dict[str, Any]:
        return asdict(self)

    def but(self, **changes: Any) -> Progress:
        return replace(self, **changes)


def _moment(said: str) -> datetime:
    return datetime.fromisoformat(said) if said else datetime.min.replace(tzinfo=UTC)
