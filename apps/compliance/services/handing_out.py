"""What leaves the portal: finished reports, the ledger, its anchor, the verifier."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from apps.compliance import policies, selectors
from apps.compliance.choices import ReportState
from apps.compliance.models import Report
from foundation import access, ledger, storage
from foundation.errors import Conflict, NotFound
from foundation.identity import Actor


def report_file(*, actor: Actor, report: Report, form: str) -> tuple[bytes, str, str]:
    """Content, file name and SHA-256 of one edition ("pdf" or "html"); Conflict while there is none."""
    policies.check_can_read_report(actor, report)
    if report.state != ReportState.READY:
        raise Conflict(_("The report is not ready: %(state)s.") % {"state": ReportState(report.state).label})
    key, digest = (report.pdf_key, report.digest) if form == "pdf" else (report.html_key, report.html_digest)
    name = f"report-{report.model_version.model.name}-v{report.model_version.number}.{form}"
    return storage.read(report.tenant_id, key), name, digest


def export_ledger(*, actor: Actor) -> Iterator[bytes]:
    """The whole chain as JSON lines, made while it is read."""
    policies.check_can_verify(actor)
    access.require_fresh(actor)
    return ledger.export_ledger(actor.tenant)


def export_entries(*, actor: Actor, **narrowed: Any) -> Iterator[list[selectors.Entry]]:
    """The entries that the filters leave (`ledger.activity`), with the names of people."""
    policies.check_can_verify(actor)
    access.require_fresh(actor)
    return selectors.every_entry(actor=actor, **narrowed)


def anchor(*, actor: Actor) -> bytes:
    policies.check_can_verify(actor)
    lines = ledger.anchor_lines(actor.tenant)
    if not lines:
        raise NotFound(_("No checkpoint has been anchored yet; the first follows within a minute of the first act."))
    return b"".join(lines)


def verifier() -> bytes:
    """The stand-alone verifier, one file."""
    return (settings.ROOT / "platform" / "sdk" / "sanad_verify.py").read_bytes()
