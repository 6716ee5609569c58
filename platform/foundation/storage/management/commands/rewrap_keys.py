"""`manage.py rewrap_keys`: for the operator, after the key-encryption key was exchanged."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandParser

from foundation.clock import now
from foundation.identity import Actor
from foundation.storage import keys
from foundation.tenancy import every_tenant, scope

if TYPE_CHECKING:
    from foundation.jobs.models import Job
    from foundation.tenancy.models import Tenant

_TURN_S = 1.0


class Command(BaseCommand):
    help = "Wrap every tenant's keys with the key-encryption key that the portal has now, a job for each tenant."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--everything", action="store_true", help="also those that it wraps already")
        parser.add_argument("--no-wait", action="store_true", help="leave the jobs to the workers and end")

    def handle(self, *args: Any, everything: bool, no_wait: bool, **options: Any) -> None:
        waiting = {tenant: self._ask(tenant, everything=everything) for tenant in _living()}
        self.stdout.write(f"{len(waiting)} jobs are queued.")
        while waiting and not no_wait:
            for tenant, job in list(waiting.items()):
                if self._has_ended(tenant, job):
                    del waiting[tenant]
            if waiting:
                time.sleep(_TURN_S)

    def _ask(self, tenant: Tenant, *, everything: bool) -> Job:
        with scope(tenant.pk):
            return keys.ask_for_rewrap(actor=Actor.system(tenant, "operator"), now=now() if everything else None)

    def _has_ended(self, tenant: Tenant, job: Job) -> bool:
        with scope(tenant.pk):
            job.refresh_from_db()
        if job.is_final:
            self.stdout.write(f"{tenant.slug}: {job.state}. {job.failure}".strip())
        return bool(job.is_final)


def _living() -> list[Tenant]:
    return [tenant for tenant in every_tenant() if tenant.keys_destroyed_at is None]
