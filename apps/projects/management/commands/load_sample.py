from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from apps.projects import services
from apps.tenants import services as tenants
from foundation.access import Role
from foundation.access.actors import actor_for_user
from foundation.clock import now


class Command(BaseCommand):
    help = "The sample tenant: three sign-ins, kept in credentials.json, and the project flights. Safe to run again."

    def handle(self, *args: Any, **options: Any) -> None:
        tenant, people = tenants.ensure_sample_people(now=now())
        project = services.ensure_sample_project(actor=actor_for_user(user=people[Role.SCIENTIST], tenant=tenant))
        self.stdout.write(f"The sample stands: tenant {tenant.slug}, project {project.slug}, {len(people)} sign-ins.")
