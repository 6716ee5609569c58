"""The ledger's settings, typed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from django.conf import settings


@dataclass(frozen=True)
class LedgerConfig:
    """`checkpoint_events` or `checkpoint_seconds` after the last checkpoint, whichever is first, the next is signed."""

    signing_key_file: Path
    anchor_sinks: tuple[str, ...]
    anchor_folder: Path
    checkpoint_events: int
    checkpoint_seconds: int
    delivery_attempts: int


def current() -> LedgerConfig:
    return LedgerConfig(
        signing_key_file=Path(settings.LEDGER_SIGNING_KEY_FILE),
        anchor_sinks=tuple(settings.LEDGER_ANCHOR_SINKS),
        anchor_folder=Path(settings.LEDGER_ANCHOR_FOLDER),
        checkpoint_events=settings.LEDGER_CHECKPOINT_EVENTS,
        checkpoint_seconds=settings.LEDGER_CHECKPOINT_SECONDS,
        delivery_attempts=settings.LEDGER_DELIVERY_ATTEMPTS,
    )
