"""A sequencer process for the chaos tests: small batches, and a subscriber that answers each event with another."""

from __future__ import annotations

import signal
from dataclasses import dataclass
from uuid import UUID

from runtime.loading import at_rest

if __name__ == "__main__":
    with at_rest():
        import django

        django.setup()

from foundation import ledger


@dataclass(frozen=True, kw_only=True)
class Echoed(ledger.Event):
    kind = "test.echoed"
    event_id: UUID


def echo(event: ledger.RecordedEvent) -> None:
    ledger.record(Echoed(event_id=event.id), actor=event.system("echo"), subject=("tenant", event.tenant_id))


def main() -> None:
    from foundation.ledger import sequencing
    from foundation.ledger.loops import Sequencer

    sequencing.BATCH = 7
    ledger.subscribe("dataset.archived", name="test.echo", handler=echo)
    sequencer = Sequencer()
    signal.signal(signal.SIGTERM, lambda *_signal: sequencer.stop())
    sequencer.run()


if __name__ == "__main__":
    main()
