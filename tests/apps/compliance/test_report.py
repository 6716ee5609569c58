"""A report says what the ledger proves, and says so when it does not."""

from __future__ import annotations

import hashlib
import io
import re

import pypdf
import pytest
from django.utils import translation

from apps.compliance import selectors, services
from apps.compliance.choices import NEXT, Proof, ReportState
from apps.compliance.ports import Statement
from apps.compliance.selectors.standing import gathered
from foundation import ledger, storage
from foundation.errors import AccessDenied, Invalid, NotFound
from tests.apps.compliance import stage


def html_of(report):
    return storage.read(report.tenant_id, report.html_key).decode()


def pdf_text(report):
    reader = pypdf.PdfReader(io.BytesIO(storage.read(report.tenant_id, report.pdf_key)))
    return "\n".join(page.extract_text() for page in reader.pages)


def test_report_names_every_link_with_its_digest(reported, chain):
    report = reported()
    assert report.state == ReportState.READY, report.failure
    page = html_of(report)
    for digest in (
        chain.dataset_version.source["sha256"],
        chain.dataset_version.digest,
        chain.view.definition_digest,
        chain.view.digest,
        chain.training_set.digest,
        chain.run.spec_digest,
        chain.version.artifact_digest,
        hashlib.sha256(stage.CARD.encode()).hexdigest(),
    ):
        assert digest in page
    for words in ("flights.csv", "The officer", "Better than the rule of thumb", "Late flights r1", "temp in 2013-12"):
        assert words in page
    assert report.unproven == 0
    assert [point["reason"] for point in report.open_points] == ["Nobody has repeated it yet."]
    with translation.override("ar"):
        (arabic,) = report.shown_points
    assert arabic["section"] == report.open_points[0]["section"]
    assert arabic["reason"] not in {"", "Nobody has repeated it yet."}


def test_statements_name_entries_of_the_chain_by_number_and_hash(reported, chain):
    page = html_of(reported())
    entries = ledger.entries_about(tenant_id=chain.version.tenant_id, subjects=[("model_version", chain.version.pk)])
    registered = next(entry for entry in entries if entry.event.kind == "model_version.registered")
    assert f"#{registered.event.seq}" in page
    assert registered.hash in page


def test_pdf_is_archival_and_speaks_both_languages(reported):
    report = reported()
    raw = storage.read(report.tenant_id, report.pdf_key)
    assert raw.startswith(b"%PDF-")
    assert b"<pdfaid:part>3</pdfaid:part>" in raw.replace(b" ", b"")
    text = pdf_text(report)
    assert "Compliance report" in text
    assert "Training set and leakage proof" in text
    assert len(re.findall(r"[\u0600-\u06ff\ufb50-\ufdff\ufe70-\ufeff]", text)) > 100


def test_digests_of_both_editions_stand_on_the_ledger(reported):
    report = reported()
    made = next(e for e in ledger.events_of(subject=("report", report.pk)) if e.kind == "report.made")
    pdf, page = (storage.read(report.tenant_id, key) for key in (report.pdf_key, report.html_key))
    assert made.payload["pdf_digest"] == hashlib.sha256(pdf).hexdigest() == report.digest
    assert made.payload["html_digest"] == hashlib.sha256(page).hexdigest()
    assert made.payload["ledger_entries"] == report.ledger_entries > 15


def test_same_document_gives_the_same_bytes():
    from datetime import UTC, datetime

    from apps.compliance.adapters.typst import TypstTypesetter

    noon = datetime(2026, 11, 24, 12, tzinfo=UTC)
    document = _document("A title with 漢字 and “marks”")
    first, second = (TypstTypesetter().pdf(document, made_at=noon) for _ in range(2))
    assert first == second


@pytest.mark.parametrize("direction", ["ltr", "rtl"])
def test_what_people_wrote_is_never_markup(direction):
    from datetime import UTC, datetime

    from apps.compliance.adapters.typst import TypstTypesetter

    noon = datetime(2026, 11, 24, 12, tzinfo=UTC)
    document = {**_document('#read("/etc/passwd") *x* $y$'), "direction": direction}
    text = pypdf.PdfReader(io.BytesIO(TypstTypesetter().pdf(document, made_at=noon))).pages[0].extract_text()
    assert '#read("/etc/passwd")' in text


def test_a_row_that_says_other_than_the_ledger_is_not_proven(chain, reported):
    chain.training_set.leakage_proof["violations"] = 12
    chain.training_set.save()
    report = reported()
    (point,) = [point for point in report.open_points if point["state"] == "unproven"]
    assert "leakage_violations 0; the database now says 12" in point["reason"]
    assert "leakage_violations 0" in html_of(report)


def test_an_artifact_that_was_swapped_is_not_proven(chain, reported):
    storage.put(chain.version.tenant_id, chain.version.artifact_key, b"not an archive" * 100)
    report = reported()
    assert report.state == ReportState.READY, report.failure
    assert any("artifact" in p["text"].lower() for p in report.open_points if p["state"] == "unproven")


def test_a_decision_by_the_requester_is_not_proven(chain, scientist, reported):
    from apps.approvals.events import CaseGranted

    decision = chain.case.decision
    forged = CaseGranted(
        case_id=chain.case.pk,
        case_kind="model.promote",
        subject_kind="model_version",
        subject_id=chain.version.pk,
        subject_digest=chain.version.artifact_digest,
        decision_id=decision.pk,
    )
    ledger.record(
        forged, actor=scientist, project_id=chain.version.project_id, subject=("approval_case", chain.case.pk)
    )
    ledger.sequence_once()
    reasons = [point["reason"] for point in reported().open_points]
    assert any("same person" in reason for reason in reasons)


def test_nothing_is_proven_without_an_entry_of_the_ledger(chain, scientist, settled):
    stage.repeat(scientist, chain.run)
    settled()
    _chain, sections = gathered(actor=scientist, version=chain.version, whole=10_000, signed=10_000)
    proven = [said for section in sections for said in section.statements if said.state == Proof.PROVEN]

    assert len(proven) > 15
    assert all(said.evidence for said in proven)
    with pytest.raises(ValueError, match="No entry"):
        Statement(Proof.PROVEN, "The run was repeated.")


def test_the_artifact_is_counted_as_checked_apart_from_what_is_proven(reported, scientist, client_as):
    report = reported()
    page, made = html_of(report), ledger.events_of(subject=("report", report.pk))[0]
    text = " ".join(pdf_text(report).split())

    assert report.checked == 1
    assert made.payload["proven"] == report.proven == page.count('<li class="proven">')
    assert made.payload["checked"] == page.count('<li class="checked">') == 1
    for shown in (page, text):
        assert "Checked when this report was made, by no entry of the ledger: 1." in shown
        assert "Checked for this report" in shown
    detail = client_as(scientist).get(f"/t/acme/compliance/reports/{report.pk}/").content.decode()
    assert "Checked when the report was made" in detail


def test_a_repeat_is_proven_by_its_own_entry(chain, scientist, settled, reported):
    again = stage.repeat(scientist, chain.run)
    settled()
    report = reported()

    assert report.open_points == []
    [entry] = ledger.entries_about(tenant_id=again.tenant_id, subjects=[("run", again.pk)])
    assert entry.hash in html_of(report)


@pytest.mark.parametrize(
    ("row", "told", "state", "why"),
    [
        (True, {"repeated_from_id": None}, "missing", "no entry of the ledger does"),
        (True, {"reproduced": False}, "unproven", "says reproduced False; the database now says True"),
        (True, {"reproduced": None}, "unproven", "the database now says True"),
        (None, {"reproduced": False}, "unproven", "says reproduced False"),
        (False, {}, "unproven", "gave other figures"),
        (None, {}, "missing", "ended first, so nothing was compared"),
    ],
)
def test_a_word_in_the_database_alone_proves_no_repeat(chain, scientist, settled, reported, row, told, state, why):
    stage.repeat(scientist, chain.run, reproduced=row, told=told)
    settled()
    [point] = reported().open_points

    assert (point["section"], point["state"]) == ("run", state)
    assert why in point["reason"]


def test_one_repeat_with_other_figures_outweighs_one_with_the_same(chain, scientist, settled, reported):
    for reproduced in (True, False, True):
        stage.repeat(scientist, chain.run, reproduced=reproduced)
    settled()
    assert [point["state"] for point in reported().open_points] == ["unproven"]


def test_viewer_cannot_make_a_report(chain, viewer, project):
    with pytest.raises(AccessDenied, match=r"report\.create"):
        services.request_report(actor=viewer, project=project, model_version_id=chain.version.pk)


def test_report_of_another_projects_version_is_refused(chain, scientist):
    from apps.projects import services as projects

    elsewhere = projects.create_project(actor=scientist, slug="other", name="Other", purpose="Else")
    with pytest.raises(Invalid, match="another project"):
        services.request_report(actor=scientist, project=elsewhere, model_version_id=chain.version.pk)


def test_a_report_is_handed_to_nobody_of_another_tenant(reported, other_scientist):
    with pytest.raises(AccessDenied):
        services.report_file(actor=other_scientist, report=reported(), form="pdf")


def test_another_tenant_sees_no_report(reported, other_scientist):
    report = reported()
    with pytest.raises(NotFound):
        selectors.get_report(actor=other_scientist, report_id=report.pk)
    assert not selectors.visible_reports(actor=other_scientist).exists()


def test_a_report_that_cannot_be_set_fails_with_its_sentence(chain, scientist, project, run_jobs, monkeypatch):
    from apps.compliance.adapters import typst
    from apps.compliance.errors import ReportNotMade

    def refuse(*_given, **_more):
        raise ReportNotMade("The PDF could not be set: no font.")

    monkeypatch.setattr(typst.TypstTypesetter, "pdf", refuse)
    report = services.request_report(actor=scientist, project=project, model_version_id=chain.version.pk)
    run_jobs()
    report.refresh_from_db()
    assert (report.state, report.failure) == (ReportState.FAILED, "The PDF could not be set: no font.")


def test_every_state_has_its_next():
    assert set(NEXT) == set(ReportState)


def _document(title):
    pair = {"en": "Heading", "ar": "عنوان"}
    said = {"state": "proven", "text": title, "reason": "", "digest": "d" * 64, "evidence": []}
    return {
        "language": "en",
        "direction": "ltr",
        "headings": dict.fromkeys(("report", "summary", "record", "limits", "check"), pair),
        "title": title,
        "facts": [["Model", title]],
        "summary": ["One"],
        "whole": True,
        "record": ["Whole."],
        "sections": [{"key": "run", "title": "Run", "title_ar": "التشغيل", "statements": [said]}],
        "limits": ["None"],
        "check": ["python sanad_verify.py x"],
        "words": {
            "proven": "Proven",
            "checked": "Checked",
            "unproven": "Not",
            "missing": "Missing",
            "entry": "Entry",
            "by": "by",
            "unsigned": "u",
            "digest": "SHA-256",
        },
    }
