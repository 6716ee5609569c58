"""From the wish for a report to two sealed files whose digests stand on the ledger."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from apps.compliance import policies
from apps.compliance.adapters.typst import TypstTypesetter
from apps.compliance.choices import NEXT, Proof, ReportState
from apps.compliance.events import ReportCancelled, ReportFailed, ReportMade, ReportRequested
from apps.compliance.models import Report
from apps.compliance.ports import Section
from apps.compliance.selectors.standing import count, gathered, open_points
from apps.compliance.services.checking import LedgerCheck, check_chain
from apps.compliance.services.documents import artifact_statement, document_of
from apps.compliance.services.metering import begin_usage
from apps.registry import selectors as registry
from apps.registry import services as registry_services
from apps.tenants import services as tenants
from foundation import jobs, ledger, states, storage
from foundation.clock import now
from foundation.errors import Invalid, PortalError
from foundation.identity import Actor
from foundation.jobs import JobHandle

if TYPE_CHECKING:
    from foundation.jobs.models import Job

Points = dict[str, list[dict[str, str]]]


@transaction.atomic
def request_report(*, actor: Actor, project: Any, model_version_id: UUID) -> Report:
    """Ask for a report on a model version of the project; a job makes it, in the asker's language."""
    version = registry.get_model_version(actor=actor, version_id=model_version_id)
    policies.check_can_make_report(actor, version)
    if version.project_id != project.pk:
        sentence = _("%(version)s belongs to another project.") % {"version": version}
        raise Invalid(sentence, fields={"model_version": [sentence]})
    tenants.check_storage(tenant_id=actor.tenant_id, project_id=project.pk, more=1, reader=actor)
    report = Report.objects.create(
        tenant=actor.tenant,
        project_id=version.project_id,
        model_version_id=version.pk,
        language=actor.user.language if actor.user else "en",
        created_by=actor.user,
    )
    asked = ReportRequested(report_id=report.pk, model_version_id=version.pk)
    _record(asked, actor, report)
    jobs.enqueue(
        "compliance.make_report",
        actor=actor,
        project_id=report.project_id,
        subject=("report", report.pk),
        title=_("Report on %(version)s") % {"version": version},
        report_id=str(report.pk),
    )
    return report


def make_report(*, job: JobHandle, report_id: UUID) -> None:
    """Recompute the chain, weigh every statement, set both editions. Ringing twice is safe."""
    with job.scope():
        report = _read(report_id)
        version = registry.get_model_version(actor=job.actor, version_id=report.model_version_id)
    if report.state != ReportState.MAKING:
        return
    with translation.override(report.language):
        job.progress(_("Recomputing the ledger"), 10)
        check = check_chain(job.actor.tenant, now=now())
        job.raise_if_cancelled()
        job.progress(_("Weighing the statements"), 50)
        with job.scope():
            fault = _artifact_fault(version)
            sections = _sections(job.actor, version, check, fault)
            head = ledger.hash_at(tenant_id=report.tenant_id, seq=check.entries)
            document = document_of(report=report, sections=sections, check=check, head_hash=head)
        job.progress(_("Setting the report"), 80)
        html = render_to_string("compliance/report.html", {"document": document}).encode()
        pdf = TypstTypesetter().pdf(document, made_at=check.checked_at.replace(microsecond=0))
    with job.scope():
        points = _points_for_others(job.actor, version, check, fault, report.language)
        _keep(job.actor, report_id, html, pdf, check, sections, points)


def _sections(actor: Actor, version: Any, check: LedgerCheck, fault: str) -> list[Section]:
    _chain, sections = gathered(actor=actor, version=version, whole=check.trusted, signed=check.signed)
    opened = artifact_statement(version, fault)
    return [
        replace(section, statements=(*section.statements, opened)) if section.key == "model_version" else section
        for section in sections
    ]


def _points_for_others(actor: Actor, version: Any, check: LedgerCheck, fault: str, language: str) -> Points:
    """What is open, in each language that pages can be read in beside the report's own."""
    found = {}
    for code in (code for code, _name in settings.LANGUAGES if code != language):
        with translation.override(code):
            found[code] = open_points(_sections(actor, version, check, fault))
    return found


def _artifact_fault(version: Any) -> str:
    """Why the stored artifact cannot be trusted; empty where signature and files agree."""
    with storage.scratch("report") as folder:
        try:
            registry_services.unpack_artifact(version, folder)
        except PortalError as refusal:
            return refusal.sentence
    return ""


@transaction.atomic
def _keep(
    actor: Actor,
    report_id: UUID,
    html: bytes,
    pdf: bytes,
    check: LedgerCheck,
    sections: list[Section],
    points: Points,
) -> None:
    project_id, size = _read(report_id).project_id, len(html) + len(pdf)
    # Whoever sees the job reads why it failed: no figure of the whole tenant.
    tenants.reserve_storage(tenant_id=actor.tenant_id, project_id=project_id, more=size)
    report = Report.objects.select_for_update().get(pk=report_id)
    if report.state != ReportState.MAKING:
        return
    report.byte_count = size
    report.html_key, report.pdf_key = f"reports/{report.pk.hex}.html", f"reports/{report.pk.hex}.pdf"
    storage.put(report.tenant_id, report.html_key, html)
    storage.put(report.tenant_id, report.pdf_key, pdf)
    report.digest, report.html_digest = hashlib.sha256(pdf).hexdigest(), hashlib.sha256(html).hexdigest()
    report.ledger_entries, report.ledger_fault = check.entries, check.fault
    report.ledger_hash = ledger.hash_at(tenant_id=report.tenant_id, seq=check.entries)
    report.proven = count(sections, Proof.PROVEN)
    report.checked = count(sections, Proof.CHECKED)
    report.unproven = count(sections, Proof.UNPROVEN)
    report.missing = count(sections, Proof.MISSING)
    report.open_points, report.translated_points = open_points(sections), points
    report.made_at = check.checked_at
    states.move(report, ReportState.READY, NEXT)
    report.save()
    begin_usage(report, actor)
    _record(_made(report), actor, report)


def _made(report: Report) -> ReportMade:
    return ReportMade(
        report_id=report.pk,
        model_version_id=report.model_version_id,
        pdf_digest=report.digest,
        html_digest=report.html_digest,
        ledger_entries=report.ledger_entries or 0,
        ledger_hash=report.ledger_hash,
        ledger_whole=not report.ledger_fault,
        proven=report.proven,
        checked=report.checked,
        unproven=report.unproven,
        missing=report.missing,
    )


@jobs.on_failure("compliance.make_report")
def _making_failed(job: Job, sentence: str, actor: Actor) -> None:
    _end_unmade(job, ReportState.FAILED, sentence, ReportFailed, actor)


@jobs.on_cancel("compliance.make_report")
def _making_cancelled(job: Job, sentence: str, actor: Actor) -> None:
    _end_unmade(job, ReportState.CANCELLED, sentence, ReportCancelled, actor)


def _end_unmade(
    job: Job, state: ReportState, sentence: str, event: type[ReportFailed | ReportCancelled], actor: Actor
) -> None:
    report = Report.objects.select_for_update().get(pk=UUID(job.arguments["report_id"]))
    if report.state != ReportState.MAKING:
        return
    states.move(report, state, NEXT)
    report.failure = sentence
    report.save(update_fields=["state", "failure"])
    _record(event(report_id=report.pk), actor, report)


def _read(report_id: UUID) -> Report:
    return Report.objects.select_related("tenant", "project", "model_version__model", "created_by").get(pk=report_id)


def _record(event: ledger.Event, actor: Actor, report: Report) -> None:
    ledger.record(event, actor=actor, project_id=report.project_id, subject=("report", report.pk))
