"""How far windows have come with their events."""

from __future__ import annotations

from typing import TypedDict

from apps.features.choices import EventSource, ViewKind
from apps.features.models import FeatureView
from apps.features.selectors.masking import masks_of_view
from foundation.identity import Actor


class WindowsProgress(TypedDict):
    """`events` were taken in and `left_out` had no key or event time; `newest_event` and `advanced_at` are moments in
    ISO 8601, `newest_event` empty for whoever sees the event time masked; `seconds` is how long the last step took.
    """

    step: int
    follows: bool
    events: int
    left_out: int
    newest_event: str
    advanced_at: str
    seconds: float
    failure: str


def progress_of(actor: Actor, view: FeatureView) -> WindowsProgress | None:
    """None of a view that has no windows, or has not been computed yet."""
    if view.kind != ViewKind.WINDOWS or not view.follow:
        return None
    told = view.follow
    return WindowsProgress(
        step=told["step"],
        follows=view.windows["source"]["kind"] == EventSource.STREAM,
        events=told["events"],
        left_out=told["left_out"],
        newest_event="" if view.event_time in masks_of_view(actor, view) else told["newest_event"],
        advanced_at=told["advanced_at"],
        seconds=told["seconds"],
        failure=told["failure"],
    )
