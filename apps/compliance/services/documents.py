"""The report as one JSON document, which both editions are made of."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from django.utils.translation import gettext as _

from apps.compliance.choices import Proof
from apps.compliance.models import Report
from apps.compliance.ports import Section, Statement
from apps.compliance.selectors.proofs import in_words
from apps.compliance.selectors.standing import count
from apps.compliance.services.checking import LedgerCheck

_HEADINGS = {
    "report": ("Compliance report", "تقرير الامتثال"),
    "summary": ("Summary", "الملخص"),
    "record": ("The ledger", "السجل"),
    "limits": ("What this report does not prove", "ما لا يثبته هذا التقرير"),
    "check": ("How to check it yourself", "كيف تتحقق بنفسك"),
}


def document_of(*, report: Report, sections: list[Section], check: LedgerCheck, head_hash: str) -> dict[str, Any]:
    version, project = report.model_version, report.project
    return {
        "language": report.language,
        "direction": "rtl" if report.language.startswith("ar") else "ltr",
        "headings": {key: {"en": en, "ar": ar} for key, (en, ar) in _HEADINGS.items()},
        "title": str(version),
        "facts": [
            [_("Model version"), str(version)],
            [_("Project"), project.name],
            [_("Purpose"), project.purpose],
            [_("Organisation"), report.tenant.shown_name],
            [_("Made by"), str(report.created_by or "–")],
            [_("Made at"), in_words(check.checked_at)],
            [_("Report"), str(report.pk)],
        ],
        "summary": _summary(sections, check),
        "whole": check.ok,
        "record": _record(check, head_hash),
        "sections": [_section(section) for section in sections],
        "limits": _limits(check),
        "check": _how_to_check(report),
        "words": words(),
    }


def artifact_statement(version: Any, fault: str) -> Statement:
    """The signature, checked when the report is made: a finding of that moment, which no entry of the ledger says."""
    text = _("The artifact was opened for this report: its signature and every file agree with the digest below.")
    state = Proof.UNPROVEN if fault else Proof.CHECKED
    return Statement(state, text, fault, version.artifact_digest)


def _section(section: Section) -> dict[str, Any]:
    statements = [{**asdict(said), "state": str(said.state)} for said in section.statements]
    return {"key": section.key, "title": section.title, "title_ar": section.title_ar, "statements": statements}


def words() -> dict[str, str]:
    """What the layouts of reports and certificates say by themselves."""
    return {
        **{proof.value: str(proof.label) for proof in Proof},
        "entry": _("Entry"),
        "by": _("by"),
        "unsigned": _("not signed yet"),
        "digest": "SHA-256",
    }


def _summary(sections: Iterable[Section], check: LedgerCheck) -> list[str]:
    sections = list(sections)
    said = [
        _("Proven by entries of the ledger: %(n)d.") % {"n": count(sections, Proof.PROVEN)},
        _("Checked when this report was made, by no entry of the ledger: %(n)d.")
        % {"n": count(sections, Proof.CHECKED)},
        _("Not proven, since ledger and database disagree or the record is broken: %(n)d.")
        % {"n": count(sections, Proof.UNPROVEN)},
        _("Missing, since nobody has done or said it: %(n)d.") % {"n": count(sections, Proof.MISSING)},
    ]
    if not check.ok:
        said.insert(0, _("The ledger is NOT whole: %(fault)s") % {"fault": check.fault})
    return said


def _record(check: LedgerCheck, head_hash: str) -> list[str]:
    entries = _("All %(n)d entries of the tenant's ledger were recomputed for this report at %(at)s.")
    said = [entries % {"n": check.entries, "at": in_words(check.checked_at)}]
    if check.ok:
        said.append(
            _("Every hash follows the one before; the last entry's hash is %(hash)s.") % {"hash": head_hash or "–"}
        )
    else:
        said.append(_("The record is broken: %(fault)s") % {"fault": check.fault})
        said.append(
            _("Entries up to %(n)d may be relied on; statements that rest on later ones are marked.")
            % {"n": check.trusted}
        )
    if check.last_checkpoint is None:
        return [*said, _("No checkpoint has been signed yet, so no key vouches for these entries.")]
    point = check.last_checkpoint
    signed = _("The last checkpoint that agrees covers %(n)d entries: root %(root)s, signed at %(at)s by key %(key)s.")
    values = {"n": point.tree_size, "root": point.root_hash, "at": point.signed_at, "key": point.key_id}
    return [*said, signed % values]


def _limits(check: LedgerCheck) -> list[str]:
    later = max(0, check.entries - check.signed)
    return [
        _("What the source files held before they arrived, whether they are true, and by what right they are used."),
        _("The rows in the lake: they were not read again; their digests are those counted when they were written."),
        _("Single predictions: they stand in the inference log, not in the ledger."),
        _("Fairness between groups, and harm to people: no gate looks at them yet."),
        _("Times by an outside clock: they are those of the database server; no time stamp authority was asked."),
        _("The last %(n)d entries are chained, but not yet covered by a signed checkpoint.") % {"n": later},
        _("That database, key and anchor were not exchanged together: compare with an anchor kept elsewhere."),
    ]


def _how_to_check(report: Report) -> list[str]:
    return [
        _("Compare the SHA-256 of this file with entry “report.made” of report %(id)s.") % {"id": report.pk},
        _("Export the ledger (Activity, The record), take key and anchor from where you keep them, and run:"),
        "python sanad_verify.py ledger.jsonl --key key.pem --anchor anchor.jsonl",
        _("Each number here is an entry of that export; its hash has to be the one printed beside it."),
    ]
