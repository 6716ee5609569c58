from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.urls import reverse

from apps.tenants import services
from foundation.clock import now
from foundation.errors import NotFound


class Command(BaseCommand):
    help = "Print the one link with which somebody sets a new password. See first that it is them who asks."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", help="the address they sign in with")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            secret = services.make_password_link_by_operator(email=options["email"], now=now())
        except NotFound as refusal:
            raise CommandError(refusal.sentence) from refusal
        self.stdout.write(settings.SANAD_PUBLIC_URL + reverse("tenants:password_new", args=[secret]))
