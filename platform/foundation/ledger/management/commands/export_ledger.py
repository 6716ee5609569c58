from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _

from foundation.ledger import config, signing
from foundation.ledger.exporting import export_ledger
from foundation.tenancy import find_tenant


class Command(BaseCommand):
    help = "Write a tenant's ledger to a file that sanad_verify.py checks without the portal."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("tenant", help="short name of the tenant")
        parser.add_argument("output", type=Path, help="the file to write")

    def handle(self, *_args: Any, **options: Any) -> None:
        with options["output"].open("wb") as file:
            for line in export_ledger(find_tenant(options["tenant"])):
                file.write(line)
        key = signing.public_key_file(config.current().signing_key_file)
        sentence = _(
            "Written to %(file)s. Its public keys are in %(key)s; hand them over on another way than the export."
        )
        self.stdout.write(sentence % {"file": options["output"], "key": key})
