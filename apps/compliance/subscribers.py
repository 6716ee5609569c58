"""Who may listen to a report being made."""

from __future__ import annotations

from apps.compliance import selectors
from foundation import live


def register() -> None:
    live.register_topic("report", check=lambda actor, pk: selectors.get_report(actor=actor, report_id=pk))
