"""Words and rows of the pages of compliance and activity."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import groupby
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import get_language_bidi
from django.utils.translation import gettext as _

from apps.compliance.choices import SECTIONS, ReportState
from apps.compliance.forms import ActivityForm
from apps.compliance.selectors import Standing
from apps.datasets.choices import ErasedKind
from apps.projects import selectors as projects
from apps.tenants import selectors as tenants
from foundation import access
from foundation.access import Permission, Verdict
from foundation.identity import Actor
from foundation.ledger import RecordedEvent
from foundation.web.families import EVENT_FAMILIES
from foundation.web.history import history, told
from foundation.web.requests import PortalRequest
from foundation.web.templatetags.sanad_format import moment

_NAMELESS = {ErasedKind.SET_ASIDE, ErasedKind.BROKER}
_KIND_OF_PAGE = {
    ErasedKind.DATASET_VERSION: "dataset_version",
    ErasedKind.FEATURE_VIEW: "feature_view",
    ErasedKind.TRAINING_SET: "training_set",
    ErasedKind.RUN: "run",
    ErasedKind.MODEL_VERSION: "model_version",
    ErasedKind.INFERENCE_LOG: "deployment",
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
    """Rows of the ledger with names instead of ids."""
    names = _names(actor, events)
    # Whoever reads the ledger of some projects alone is not told which groups there are.
    groups = tenants.names_of_groups(actor=actor) if access.can(actor, Permission.LEDGER_VIEW, actor.tenant) else {}
    known = {row.pk: row for row in projects.visible_projects(actor=actor)}
    return [
        {
            "event": event,
            "told": _("joined") if _has_joined(event) else told_so,
            "about": [known_as for pk in _others(event) if (known_as := names.get(pk) or groups.get(pk))],
            "who": names.get(event.named_actor),
            "family": EVENT_FAMILIES.get(event.kind.partition(".")[0], event.kind),
            "project": known.get(event.project_id) if event.project_id else None,
            "url": reverse("dashboards:go", args=[actor.tenant.slug, *event.subject]),
            "facts": sorted(event.payload.items()),
        }
        for event, told_so in zip(events, told(events), strict=True)
    ]


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


def _names(actor: Actor, events: list[RecordedEvent]) -> dict[Any, str]:
    others = {pk for event in events for pk in _others(event)}
    return tenants.names_of(actor=actor, user_ids={event.named_actor for event in events} | others)


def _others(event: RecordedEvent) -> list[UUID]:
    """Whom the entry is about besides whoever acted: people, programs and groups that it names by id."""
    said = (event.payload.get(name) for name in ("user_id", "service_account_id", "holder_id", "group_id"))
    found = [UUID(pk) for pk in said if pk]
    return [pk for pk in dict.fromkeys(found) if pk != event.named_actor]


def _has_joined(event: RecordedEvent) -> bool:
    """Whoever accepts an invitation is made a member by themselves."""
    return event.kind == "membership.created" and event.payload.get("user_id") == str(event.named_actor)
