from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.tenants import services
from foundation.errors import PortalError

_TO_BE_SURE = (
    "Whoever knows the account's password or holds one of its factors operates the platform from now on. Did an "
    "organisation's administrator invite the account or open it again? Then take both away first: manage.py "
    "forget_factors, then manage.py new_password, and give the link to the person yourself."
)


class Command(BaseCommand):
    help = "Make somebody with an account an operator of the platform, or, with --remove, one no longer."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--remove", action="store_true", help="take it from them")

    def handle(self, *args: Any, **said: Any) -> None:
        try:
            user = services.make_operator(email=said["email"], operator=not said["remove"])
        except PortalError as refusal:
            raise CommandError(refusal.sentence) from refusal
        self.stdout.write(f"{user.email} is {'' if user.is_operator else 'no longer '}an operator of the platform.")
        if user.is_operator:
            self.stdout.write(_TO_BE_SURE)
