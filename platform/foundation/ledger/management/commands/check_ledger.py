from __future__ import annotations

import argparse
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from foundation.ledger.comparing import accept_loss, compare_with_anchors
from foundation.ledger.verification import verify_chain
from foundation.tenancy import every_tenant, find_tenant


class Command(BaseCommand):
    help = "Compare every tenant's ledger with its anchors; exit code 1 and a sentence for each that differs."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--full", action="store_true", help="recompute every entry of every tenant too")
        parser.add_argument("--accept-loss", metavar="TENANT", help="go on with the ledger as it is; recorded on it")

    def handle(self, *_args: Any, **options: Any) -> None:
        if options["accept_loss"]:
            accept_loss(tenant=find_tenant(options["accept_loss"]))
        sentences = [divergence.sentence for divergence in compare_with_anchors()]
        if options["full"]:
            sentences += self._verify_all()
        if sentences:
            raise CommandError("\n".join(sentences))
        count = len(every_tenant())
        self.stdout.write(_("The ledgers of all tenants (%(count)d) agree with their anchors.") % {"count": count})

    def _verify_all(self) -> list[str]:
        found = []
        for tenant in every_tenant():
            result = verify_chain(tenant)
            if result.finding is not None:
                found.append(f"{tenant.slug}: {result.finding.sentence}")
        return found
