from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.tenants import services
from foundation.clock import now
from foundation.errors import PortalError
from foundation.tenancy import find_tenant


class Command(BaseCommand):
    help = "Say that an e-mail domain is a tenant's own, where the portal reaches no name server that could prove it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("tenant", help="the tenant's short name")
        parser.add_argument("domain", help="the domain that its administrator has claimed, like example.com")

    def handle(self, *args: Any, tenant: str, domain: str, **options: Any) -> None:
        try:
            found = services.single_sign_on.prove_by_operator(tenant=find_tenant(tenant), name=domain, now=now())
        except PortalError as refusal:
            raise CommandError(refusal.sentence) from refusal
        said = f"“{found.name}” is proven for “{tenant}”; it stands on the tenant's ledger as the operator's word."
        self.stdout.write(said)
