"""Django's `migrate`, with the executor that makes few classes anew."""

from __future__ import annotations

from django.core.management.commands import migrate

from foundation.tenancy.near import NearExecutor

vars(migrate)["MigrationExecutor"] = NearExecutor  # the command takes it from its own module
Command = migrate.Command
