from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.urls import reverse

from apps.tenants import services
from foundation.clock import now
from foundation.errors import PortalError
from foundation.tenancy.choices import Plan


class Command(BaseCommand):
    help = "Make a tenant, and print the one link by which its first administrator comes in."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", help="its short name in addresses")
        parser.add_argument("name")
        parser.add_argument("--name-ar", default="", help="its name in Arabic")
        parser.add_argument("--plan", default=Plan.SMB.value, choices=Plan.values, help="it sets the first quotas")
        parser.add_argument("--zone", dest="zones", action="append", help="where its data may lie, again for more")
        parser.add_argument("--admin", required=True, help="e-mail of its first administrator")

    def handle(self, *args: Any, **said: Any) -> None:
        try:
            words = {name: said[name] for name in ("slug", "name", "name_ar", "plan", "zones")}
            _tenant, secret = services.open_tenant(operator=None, email=said["admin"], now=now(), **words)
        except PortalError as refusal:
            raise CommandError(refusal.sentence) from refusal
        self.stdout.write(settings.SANAD_PUBLIC_URL + reverse("tenants:invitation", args=[secret]))
