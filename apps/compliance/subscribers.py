"""Who may listen to a report being made."""

from __future__ import annotations

from uuid import UUID

from apps.compliance import selectors, services
from apps.projects import services as projects
from apps.tenants import services as tenants
from foundation import live
from foundation.identity import Actor


def register() -> None:
    tenants.register_export("ledger", services.ledger_part)
    tenants.register_kept("reports", services.reports_measured)
    projects.register_farewell("compliance", services.ReportFarewell())
    live.register_topic("report", check=_check_listener)


def _check_listener(actor: Actor, report_id: UUID) -> None:
    selectors.get_report(actor=actor, report_id=report_id)
