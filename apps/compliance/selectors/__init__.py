"""Reads of reports, of what the ledger proves, and of the ledger itself, each limited to what the actor may see."""

from apps.compliance.selectors.chains import ModelChain, chain_of_version
from apps.compliance.selectors.entries import Entry, entries, every_entry
from apps.compliance.selectors.past import Past, Spell, past
from apps.compliance.selectors.proofs import Proofs
from apps.compliance.selectors.reports import get_report, reports_of_version, visible_reports
from apps.compliance.selectors.searching import sought
from apps.compliance.selectors.standing import Standing, production_standing
from apps.compliance.selectors.statements import sections_of

__all__ = [
    "Entry",
    "ModelChain",
    "Past",
    "Proofs",
    "Spell",
    "Standing",
    "chain_of_version",
    "entries",
    "every_entry",
    "get_report",
    "past",
    "production_standing",
    "reports_of_version",
    "sections_of",
    "sought",
    "visible_reports",
]
