"""End every workload of this portal, for one that is deleted with its folder."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from foundation import engines


class Command(BaseCommand):
    help = "Ends every run and replica that this portal started; for a portal that will not come back."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--keep", action="store_true", help="stop them, and leave their logs to be looked at")

    def handle(self, *, keep: bool, **_options: Any) -> None:
        ended = engines.end_all(engines.current(), keep=keep)
        self.stdout.write("\n".join(ended))
