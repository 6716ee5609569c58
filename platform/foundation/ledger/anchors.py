"""The sinks that are switched on."""

from __future__ import annotations

from collections.abc import Callable

from foundation.ledger import config
from foundation.ledger.adapters.anchor_file import FileAnchors
from foundation.ledger.errors import LedgerMisuse
from foundation.ledger.ports import AnchorSink

_ADAPTERS: dict[str, Callable[[], AnchorSink]] = {"file": lambda: FileAnchors(config.current().anchor_folder)}


def sinks() -> list[AnchorSink]:
    """The sinks named by LEDGER_ANCHOR_SINKS."""
    return [sink(name) for name in config.current().anchor_sinks]


def sink(name: str) -> AnchorSink:
    if name not in _ADAPTERS:
        raise LedgerMisuse(f"LEDGER_ANCHOR_SINKS names {name!r}; known are {', '.join(sorted(_ADAPTERS))}.")
    return _ADAPTERS[name]()
