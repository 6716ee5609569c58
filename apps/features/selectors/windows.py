"""How far views over events have come with them."""

from __future__ import annotations

from typing import TypedDict
from uuid import UUID

from apps.datasets.choices import growing_table
from apps.features.choices import BuildState, EventSource
from apps.features.models import FeatureView
from apps.features.selectors.masking import masks_of_view
from foundation import lake
from foundation.identity import Actor
from foundation.lake.ports import TableAt


class WindowsProgress(TypedDict):
    """How far windows, or SQL that follows a stream, have come.

    `waiting` are rows that the stream has beyond what was read; `events` were taken in, and `left_out` had no key or
    event time. `newest_event` and `advanced_at` are moments in ISO 8601, the former empty for whoever sees the event
    time masked; `seconds` is how long the last step took, and `online` whether its values are online.
    """

    step: int
    online: bool
    follows: bool
    waiting: int
    events: int
    left_out: int
    newest_event: str
    advanced_at: str
    seconds: float
    failure: str


def windows_progress(actor: Actor, view: FeatureView) -> WindowsProgress | None:
    """None of a view that is not of events, or has not been computed yet."""
    if not view.follow:
        return None
    told = view.follow
    return WindowsProgress(
        step=told["step"],
        online=view.online_at is not None and told["online_step"] == told["step"],
        follows=view.follows_stream,
        waiting=_waiting(view),
        events=told["events"],
        left_out=told["left_out"],
        newest_event="" if view.event_time in masks_of_view(actor, view) else told["newest_event"],
        advanced_at=told["advanced_at"],
        seconds=told["seconds"],
        failure=told["failure"],
    )


def _waiting(view: FeatureView) -> int:
    source = view.windows["source"]
    if source["kind"] != EventSource.STREAM or view.state != BuildState.READY:
        return 0
    tables, table = lake.for_tenant(view.tenant_id), growing_table(UUID(source["dataset"]))
    try:
        return max(0, tables.count(tables.current(table)) - tables.count(TableAt(table, view.follow["snapshot"])))
    except lake.TableMissing:
        return 0  # the stream's table is gone, or what was read last: the next step begins anew
