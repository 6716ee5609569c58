"""Writes of compliance: reports, and checks of the ledger that people ask for."""

from apps.compliance.services.archiving import ledger_part
from apps.compliance.services.certificates import certificate, certificate_document
from apps.compliance.services.checking import LedgerCheck, verify_ledger
from apps.compliance.services.handing_out import anchor, export_entries, export_ledger, report_file, verifier
from apps.compliance.services.leaving import ReportFarewell
from apps.compliance.services.making import make_report, request_report
from apps.compliance.services.metering import reports_measured

__all__ = [
    "LedgerCheck",
    "ReportFarewell",
    "anchor",
    "certificate",
    "certificate_document",
    "export_entries",
    "export_ledger",
    "ledger_part",
    "make_report",
    "report_file",
    "reports_measured",
    "request_report",
    "verifier",
    "verify_ledger",
]
