"""What the ledger says of a day that has passed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from apps.compliance import selectors
from apps.compliance.forms import DayForm
from apps.compliance.selectors import Past, Spell
from apps.compliance.views import presentation
from apps.deployments import selectors as deployments
from apps.projects import selectors as projects
from apps.registry import selectors as registry
from apps.tenants import selectors as tenants
from foundation import access
from foundation.access import Permission, Role
from foundation.web import render_page
from foundation.web.requests import PortalRequest


@access.page(Permission.LEDGER_VIEW)
@require_GET
def past_day(request: PortalRequest, tenant: str) -> HttpResponse:
    """Who had access on that day, who decided, what served; yesterday where no day is named."""
    yesterday = localdate() - timedelta(days=1)
    form = DayForm({"day": request.GET.get("day") or yesterday.isoformat()})
    context: dict[str, Any] = {
        "form": form,
        "today": localdate(),
        "tabs": presentation.activity_tabs(tenant, "past"),
    }
    if not form.is_valid():
        return render_page(request, "compliance/past_day.html", status=422, **context)
    start, end = form.span()
    found = selectors.past(actor=request.actor, start=start, end=end)
    context |= {
        "day": start,
        "access": _access(request, found),
        "served": _served(request, found),
        "decisions": presentation.entries(request.actor, found.decisions),
    }
    return render_page(request, "compliance/past_day.html", **context)


def _access(request: PortalRequest, found: Past) -> list[dict[str, Any]]:
    spells = found.of("role", "program", "project_role", "grant", "group", "support")
    ids = {_id(spell.facts, name) for spell in spells for name in ("user_id", "holder_id", "service_account_id")}
    names: dict[Any, Any] = dict(tenants.names_of(actor=request.actor, user_ids=ids))
    names |= tenants.names_of_groups(actor=request.actor)
    known = {row.pk: row.name for row in projects.visible_projects(actor=request.actor)}
    known |= {row.pk: projects.name_of_deleted(row) for row in projects.deleted_projects(actor=request.actor)}
    rows = [
        {
            "who": names.get(_who(spell)) or _("somebody who is no more here"),
            "id": _who(spell),
            "what": _what(spell, names),
            "where": _where(spell, known),
            "since": spell.since,
            "until": spell.until if spell.until and spell.until < found.end else None,
        }
        for spell in spells
    ]
    return sorted(rows, key=lambda row: (str(row["who"]).casefold(), row["since"]))


def _served(request: PortalRequest, found: Past) -> list[dict[str, Any]]:
    rows = {str(row.pk): row for row in deployments.visible_deployments(actor=request.actor)}
    wanted = found.versions.values()
    versions = {row.pk: row for row in registry.visible_versions(actor=request.actor).filter(pk__in=list(wanted))}
    return [
        {
            "deployment": rows.get(spell.key[1]),
            "id": spell.key[1],
            "url": reverse("dashboards:go", args=[request.tenant.slug, "deployment", spell.key[1]]),
            "revisions": list(_shares(spell, found, versions)),
            "since": spell.since,
            "until": spell.until if spell.until and spell.until < found.end else None,
        }
        for spell in found.of("split")
    ]


def _shares(spell: Spell, found: Past, versions: dict[UUID, Any]) -> Iterable[dict[str, Any]]:
    for word in spell.facts["split"]:
        number, _sign, percent = word.partition(":")
        version_id = found.versions.get((spell.key[1], int(number)))
        version = versions.get(version_id) if version_id else None
        yield {"number": int(number), "percent": int(percent) / 100, "version": version, "version_id": version_id}


def _who(spell: Spell) -> UUID | None:
    return next(
        (found for name in ("user_id", "holder_id", "service_account_id") if (found := _id(spell.facts, name))), None
    )


def _id(facts: dict[str, Any], name: str) -> UUID | None:
    return UUID(str(facts[name])) if facts.get(name) else None


def _what(spell: Spell, names: dict[Any, Any]) -> str:
    kind, facts = spell.key[0], spell.facts
    if kind == "group":
        return _("in the group “%(name)s”") % {"name": names.get(UUID(spell.key[1])) or spell.key[1]}
    if kind == "grant":
        word = facts["permission"]
        return str(Permission(word).label) if word in Permission.values else word
    if kind == "support":
        return _("support access of the platform")
    role = facts.get("role", "")
    return str(Role(role).label) if role in Role.values else role


def _where(spell: Spell, known: dict[UUID, str]) -> str:
    project = _id(spell.facts, "project")
    if project is not None:
        return known.get(project, str(project))
    return _("the tenant")
