"""Writes of streams, and the consumer that reads them."""

from apps.streams.services.consuming import Consumer
from apps.streams.services.cutting import cut_due_streams, cut_stream
from apps.streams.services.erasing import StreamReach
from apps.streams.services.following import register_follower
from apps.streams.services.leaving import StreamFarewell, stream_part
from apps.streams.services.mending import mend_event
from apps.streams.services.pushing import Pushed, push_events
from apps.streams.services.quarantine import discard_quarantine, replay_quarantine, run_replay
from apps.streams.services.reading import take
from apps.streams.services.streams import (
    StreamBin,
    create_stream,
    delete_stream,
    edit_stream,
    pause_stream,
    resume_stream,
)
from apps.streams.services.suggesting import suggest_columns
from apps.streams.services.unpacking import events_in

__all__ = [
    "Consumer",
    "Pushed",
    "StreamBin",
    "StreamFarewell",
    "StreamReach",
    "create_stream",
    "cut_due_streams",
    "cut_stream",
    "delete_stream",
    "discard_quarantine",
    "edit_stream",
    "events_in",
    "mend_event",
    "pause_stream",
    "push_events",
    "register_follower",
    "replay_quarantine",
    "resume_stream",
    "run_replay",
    "stream_part",
    "suggest_columns",
    "take",
]
