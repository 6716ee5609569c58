from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.tenants import services
from foundation.clock import now
from foundation.errors import NotFound


class Command(BaseCommand):
    help = "Take the second factors of somebody who lost them all. See first that it is them who asks."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", help="the address they sign in with")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            user = services.forget_factors(email=options["email"], now=now())
        except NotFound as refusal:
            raise CommandError(refusal.sentence) from refusal
        self.stdout.write(f"{user.email} has no second factor now and is signed out; the password opens the account.")
