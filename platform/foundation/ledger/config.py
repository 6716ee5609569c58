"""The ledger's settings, typed, with their defaults."""

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
    home = Path(settings.SANAD_HOME)
    return LedgerConfig(
        signing_key_file=Path(getattr(settings, "LEDGER_SIGNING_KEY_FILE", home / "secrets" / "ledger-signing.pem")),
        anchor_sinks=tuple(getattr(settings, "LEDGER_ANCHOR_SINKS", ["file"])),
        anchor_folder=home / "anchors",
        checkpoint_events=getattr(settings, "LEDGER_CHECKPOINT_EVENTS", 1000),
        checkpoint_seconds=getattr(settings, "LEDGER_CHECKPOINT_SECONDS", 60),
        delivery_attempts=getattr(settings, "LEDGER_DELIVERY_ATTEMPTS", 8),
    )
