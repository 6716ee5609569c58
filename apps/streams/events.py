"""What happens to streams; how far one has come passes by the second and stays off the ledger."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from foundation import ledger


@dataclass(frozen=True, kw_only=True)
class StreamCreated(ledger.Event):
    kind = "stream.created"
    said = _("made the stream")
    icon = "wave-saw-tool"
    stream_id: UUID
    dataset_id: UUID


@dataclass(frozen=True, kw_only=True)
class StreamChanged(ledger.Event):
    """`changed` names the settings, never what they say."""

    kind = "stream.changed"
    said = _("changed the stream")
    icon = "writing"
    stream_id: UUID
    changed: list[str]


@dataclass(frozen=True, kw_only=True)
class StreamPaused(ledger.Event):
    kind = "stream.paused"
    said = _("paused the stream")
    icon = "player-pause"
    stream_id: UUID


@dataclass(frozen=True, kw_only=True)
class StreamResumed(ledger.Event):
    kind = "stream.resumed"
    said = _("let the stream go on")
    icon = "player-play"
    stream_id: UUID


@dataclass(frozen=True, kw_only=True)
class StreamFailed(ledger.Event):
    """`gap`: events were deleted where they waited, before they were read."""

    kind = "stream.failed"
    said = _("ended the stream: it cannot be read")
    icon = "alert-triangle"
    stream_id: UUID
    gap: bool = False


@dataclass(frozen=True, kw_only=True)
class StreamDeleted(ledger.Event):
    kind = "stream.deleted"
    said = _("deleted the stream")
    icon = "trash"
    stream_id: UUID


@dataclass(frozen=True, kw_only=True)
class StreamRestored(ledger.Event):
    kind = "stream.restored"
    said = _("restored the stream from the bin")
    icon = "arrow-back-up"
    stream_id: UUID


@dataclass(frozen=True, kw_only=True)
class StreamDestroyed(ledger.Event):
    kind = "stream.destroyed"
    said = _("deleted the stream for ever, out of the bin")
    icon = "trash"
    stream_id: UUID


@dataclass(frozen=True, kw_only=True)
class QuarantineReplayed(ledger.Event):
    """`rows` were made of quarantined events, which are there no more; `left_out` were of people erased meanwhile."""

    kind = "stream.quarantine_replayed"
    said = _("read the quarantined events again")
    icon = "refresh"
    stream_id: UUID
    rows: int
    left_out: int = 0


@dataclass(frozen=True, kw_only=True)
class EventMended(ledger.Event):
    """`columns` names what was set anew, never to what."""

    kind = "stream.event_mended"
    said = _("mended an event in quarantine: it is a row now")
    icon = "writing"
    stream_id: UUID
    columns: list[str]


@dataclass(frozen=True, kw_only=True)
class QuarantineDiscarded(ledger.Event):
    kind = "stream.quarantine_discarded"
    said = _("discarded the quarantined events")
    icon = "trash"
    stream_id: UUID
    events: int


@dataclass(frozen=True, kw_only=True)
class StreamCut(ledger.Event):
    kind = "stream.cut"
    said = _("made a version of what came")
    icon = "versions"
    stream_id: UUID
    version_id: UUID
