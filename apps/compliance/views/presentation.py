"""Words and rows of the pages of compliance and activity."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import groupby
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import get_language_bidi
from django.utils.translation import gettext as _

from apps.compliance import selectors
from apps.compliance.choices import SECTIONS, ReportState
from apps.compliance.forms import ActivityForm
from apps.compliance.selectors import Standing
from apps.datasets.choices import LEFT_TO_PEOPLE, MENTIONS, ErasedKind, InProjectState
from apps.projects import selectors as projects
from apps.tenants import selectors as tenants
from foundation import access
from foundation.access import Permission, Verdict
from foundation.identity import Actor
from foundation.ledger import RecordedEvent
from foundation.web.history import history
from foundation.web.list_files import FORM_LABELS, FORMS
from foundation.web.requests import PortalRequest
from foundation.web.templatetags.sanad_format import moment

_NAMELESS = {ErasedKind.SET_ASIDE, ErasedKind.BROKER}
_TONE_IN_PROJECT = {
    InProjectState.FOUND: "wait",
    InProjectState.BEGUN: "busy",
    InProjectState.NOWHERE: "off",
    InProjectState.REFUSED: "bad",
}
_KIND_OF_PAGE = {
    ErasedKind.DATASET_VERSION: "dataset_version",
    ErasedKind.FEATURE_VIEW: "feature_view",
    ErasedKind.TRAINING_SET: "training_set",
    ErasedKind.RUN: "run",
    ErasedKind.MODEL_VERSION: "model_version",
    ErasedKind.INFERENCE_LOG: "deployment",
    ErasedKind.STREAM: "stream",
    ErasedKind.SQL_TEXT: "transformation",
    ErasedKind.VERSION_SQL: "dataset_version",
    ErasedKind.VIEW_SQL: "feature_view",
    ErasedKind.CURSOR: "ingestion",
    ErasedKind.CARD: "dataset",
}
# The columns of the list as a file, and what each holds.
FILE_COLUMNS: dict[str, type] = {
    "entry": int,
    "at": datetime,
    **dict.fromkeys(("who", "actor_kind", "actor_id", "what", "about", "kind", "project", "project_id"), str),
    **dict.fromkeys(("subject_kind", "subject_id", "facts", "request_id", "id"), str),
}
_NOT_MADE = {ReportState.FAILED, ReportState.CANCELLED}


def activity_tabs(tenant: str, current: str) -> list[dict[str, Any]]:
    named = (
        ("activity", _("What happened")),
        ("past", _("A past day")),
        ("record", _("The record")),
        ("deliveries", _("Deliveries")),
    )
    return [
        {"label": label, "url": reverse(f"compliance:{name}", args=[tenant]), "current": name == current}
        for name, label in named
    ]


def activity_form(request: PortalRequest) -> ActivityForm:
    people = [(str(row.user_id), str(row.user)) for row in tenants.members(actor=request.actor)]
    known = [(str(row.pk), row.name) for row in projects.visible_projects(actor=request.actor)]
    return ActivityForm(request.GET, people=people, projects=known)


def older(request: HttpRequest, cursor: str) -> str:
    """The address of the next page; empty on the last."""
    if not cursor:
        return ""
    query = request.GET.copy()
    query["cursor"] = cursor
    return f"?{query.urlencode()}"


def entries(actor: Actor, events: list[RecordedEvent]) -> list[dict[str, Any]]:
    """Rows of the page of what happened."""
    return [
        {
            "event": entry.event,
            "told": entry.told,
            "about": entry.about,
            "who": entry.who,
            "family": entry.family,
            "project": entry.project,
            "place": entry.place,
            "url": reverse("dashboards:go", args=[actor.tenant.slug, *entry.event.subject]),
            "facts": sorted(entry.event.payload.items()),
        }
        for entry in selectors.entries(actor, events)
    ]


def files(request: PortalRequest) -> list[dict[str, str]]:
    """The list as files: what the filters leave, all pages of it."""
    query = request.GET.copy()
    query.pop("cursor", None)
    said = f"?{query.urlencode()}" if query else ""
    there = [(form, reverse("compliance:activity_file", args=[request.tenant.slug, form])) for form in FORMS]
    return [{"label": FORM_LABELS[form], "url": f"{url}{said}"} for form, url in there]


def file_row(entry: selectors.Entry) -> dict[str, Any]:
    event = entry.event
    return {
        "entry": event.seq or None,
        "at": event.recorded_at.astimezone(UTC),
        "who": entry.who,
        "actor_kind": event.actor_kind,
        "actor_id": str(event.actor_id or ""),
        "what": entry.told,
        "about": ", ".join(entry.about),
        "kind": event.kind,
        "project": entry.place,
        "project_id": str(event.project_id or ""),
        "subject_kind": event.subject[0],
        "subject_id": str(event.subject[1]),
        "facts": json.dumps(event.payload, ensure_ascii=False, sort_keys=True),
        "request_id": event.request_id,
        "id": str(event.id),
    }


def timeline(actor: Actor, report_id: UUID) -> list[dict[str, Any]]:
    """As components/timeline.html takes it."""
    return timeline_of(actor, "report", report_id)


def timeline_of(actor: Actor, kind: str, thing_id: UUID) -> list[dict[str, Any]]:
    """What the ledger has of a thing, as components/timeline.html takes it."""
    return history(actor, (kind, thing_id), names=tenants.names_of)


def counted_reach(found: Iterable[Any]) -> list[dict[str, Any]]:
    """How many things of each kind a person was found in, as components/stats.html takes it."""
    counts = Counter(one.kind for one in found)
    return [{"label": kind.label, "value": str(counts[kind])} for kind in ErasedKind if counts[kind]]


def in_projects(tenant: str, answers: Iterable[Any]) -> list[dict[str, Any]]:
    """What came of a look, or of an erasure, in each of several projects; the things found where there are any."""
    return [
        {
            "project": one.project.name,
            "archived": one.project.archived_at is not None,
            "state": one.state,
            "label": one.state.label,
            "tone": _TONE_IN_PROJECT[one.state],
            "found": one.found,
            "left": [each for each in one.found if each.kind in LEFT_TO_PEOPLE],
            "rows": sum(each.rows or 0 for each in one.found),
            "sentence": one.sentence,
            "erasure": one.erasure,
            "url": reverse("compliance:erasure_detail", args=[tenant, one.erasure.pk]) if one.erasure else "",
        }
        for one in answers
    ]


def erased_things(tenant: str, erasure: Any) -> list[dict[str, Any]]:
    """What an erasure met: each with its page where it has one, and what became of it."""
    return [
        {
            "kind": one.get_kind_display(),
            # What there is one of is called what its kind is called, in the reader's language.
            "name": "" if one.kind in _NAMELESS else one.name,
            "url": _url_of_thing(tenant, one.kind, one.thing_id),
            "rows": one.row_count,
            "digest": one.digest,
            "successor_url": _url_of_thing(tenant, one.kind, one.successor_id) if one.successor_id else "",
            "erased_at": one.erased_at,
            "note": one.note,
            "left": one.is_left,
            "mention": one.kind in MENTIONS,
        }
        for one in erasure.things.all()
    ]


def _url_of_thing(tenant: str, kind: str, thing_id: UUID) -> str:
    known = _KIND_OF_PAGE.get(ErasedKind(kind))
    return reverse("dashboards:go", args=[tenant, known, thing_id]) if known else ""


def erasure_facts(erasure: Any) -> list[dict[str, Any]]:
    facts: list[dict[str, Any]] = [
        {"term": _("Project"), "value": erasure.project.name},
        {"term": _("Dataset"), "value": erasure.dataset.name if erasure.dataset else _("Every dataset of the project")},
        {"term": _("Column that names people"), "value": erasure.column},
        {"term": _("Keyed digest of the person"), "value": erasure.subject_digest, "digest": True},
        {"term": _("Asked by"), "value": str(erasure.created_by or "–")},
        {"term": _("Asked"), "value": moment(erasure.created_at)},
    ]
    if erasure.ended_at:
        facts.append({"term": _("Ended"), "value": moment(erasure.ended_at)})
    if erasure.summary_digest:
        facts.append({"term": _("Digest of the summary"), "value": erasure.summary_digest, "digest": True})
    return facts


def shown_standing(tenant: str, row: Standing) -> dict[str, Any]:
    version = row.version
    return {
        "name": str(version),
        "url": reverse("dashboards:go", args=[tenant, "model_version", version.pk]),
        "version_id": version.pk,
        "project": version.project.name,
        "since": version.promoted_at,
        "proven": row.proven,
        "points": row.open_points,
        "bad": [point for point in row.open_points if point["state"] == "unproven"],
        "report": row.report,
        "report_url": reverse("compliance:report_detail", args=[tenant, row.report.pk]) if row.report else "",
    }


def counted(rows: list[Standing]) -> dict[str, int]:
    return {
        "models": len(rows),
        "unreported": sum(row.report is None or row.report.state in _NOT_MADE for row in rows),
        "unproven": sum(point["state"] == "unproven" for row in rows for point in row.open_points),
        "missing": sum(point["state"] == "missing" for row in rows for point in row.open_points),
    }


def by_section(points: list[dict[str, str]]) -> list[dict[str, Any]]:
    """What is open, under the heading of its link in the reader's language, as the report itself has both."""
    place = 1 if get_language_bidi() else 0
    return [
        {"title": SECTIONS[key][place] if key in SECTIONS else key, "points": list(found)}
        for key, found in groupby(points, key=lambda point: point["section"])
    ]


def report_facts(report: Any) -> list[dict[str, Any]]:
    return [
        {"term": _("Project"), "value": report.project.name},
        {"term": _("Purpose"), "value": report.project.purpose},
        {"term": _("Proven by entries of the ledger"), "value": report.proven},
        {"term": _("Checked when the report was made"), "value": report.checked},
        {"term": _("Ledger up to entry"), "value": report.ledger_entries},
        {"term": _("Hash of that entry"), "value": report.ledger_hash, "digest": True},
        {"term": _("SHA-256 of the PDF"), "value": report.digest, "digest": True},
        {"term": _("SHA-256 of the page"), "value": report.html_digest, "digest": True},
    ]


def may_make_any(actor: Actor) -> Verdict:
    return access.ask(lambda who: access.require_somewhere(who, Permission.REPORT_CREATE), actor)


def report_snippets(report: Any) -> list[dict[str, str]]:
    base = f"{settings.SANAD_PUBLIC_URL}/api/v1/reports/"
    start = f'{{"project": "{report.project.slug}", "model_version": "{report.model_version_id}"}}'
    curl = (
        f"curl -X POST {base} \\\n  -H 'Authorization: Bearer snd_…' -H 'Content-Type: application/json' \\\n"
        f"  -d '{start}'\ncurl -O -J -H 'Authorization: Bearer snd_…' {base}{report.pk}/pdf/"
    )
    python = (
        f'import sanad\n\nportal = sanad.Client("{settings.SANAD_PUBLIC_URL}", token="snd_…", '
        f'project="{report.project.slug}")\n'
        f'made = portal.reports.create(model_version="{report.model_version_id}")\n'
        'portal.reports.download(made["id"], "report.pdf")'
    )
    return [{"name": "curl", "code": curl}, {"name": "Python", "code": python}]


def record_snippets() -> list[dict[str, str]]:
    base = f"{settings.SANAD_PUBLIC_URL}/api/v1/ledger"
    header = "-H 'Authorization: Bearer snd_…'"
    check = "python sanad_verify.py ledger.jsonl --key key.pem --anchor anchor.jsonl"
    curl = f"curl {header} -o ledger.jsonl {base}/export/\n{check}"
    return [{"name": "curl", "code": curl}]
