from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.urls import reverse

from apps.tenants import services
from foundation.clock import now
from foundation.errors import PortalError
from foundation.tenancy import find_tenant


class Command(BaseCommand):
    help = (
        "Invite an administrator to a tenant that none of its own can enter any more, and print the one link. See first"
        " that it is the organisation that asks."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("tenant", help="the tenant's short name")
        parser.add_argument("email", help="an address of theirs that is no member yet")

    def handle(self, *args: Any, tenant: str, email: str, **options: Any) -> None:
        try:
            secret = services.invite_by_operator(tenant=find_tenant(tenant), email=email, now=now())
        except PortalError as refusal:
            raise CommandError(refusal.sentence) from refusal
        self.stdout.write(settings.SANAD_PUBLIC_URL + reverse("tenants:invitation", args=[secret]))
