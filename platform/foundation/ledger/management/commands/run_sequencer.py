from __future__ import annotations

import signal
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from foundation.ledger.comparing import compare_with_anchors
from foundation.ledger.loops import Sequencer


class Command(BaseCommand):
    help = "Give committed ledger events their places, deliver them, sign checkpoints; until SIGTERM or Ctrl-C."

    def handle(self, *_args: Any, **_options: Any) -> None:
        if divergences := compare_with_anchors():
            raise CommandError("\n".join(divergence.sentence for divergence in divergences))
        sequencer = Sequencer()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_signal: sequencer.stop())
        self.stdout.write(_("The ledger's sequencer is ready."))
        self.stdout.flush()
        sequencer.run()
