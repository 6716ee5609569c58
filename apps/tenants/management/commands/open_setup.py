from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.urls import reverse

from apps.tenants import services


class Command(BaseCommand):
    help = "Print the link by which the first tenant and its administrator are made; nothing once there is a tenant."

    def handle(self, *args: Any, **options: Any) -> None:
        if secret := services.setup_secret():
            self.stdout.write(settings.SANAD_PUBLIC_URL + reverse("tenants:setting_up", args=[secret]))
