"""Who did what, and is the record whole."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from apps.compliance import policies, selectors, services
from apps.compliance.forms import ActivityForm
from apps.compliance.views import presentation
from foundation import access, ledger
from foundation.access import Permission
from foundation.clock import now
from foundation.errors import Invalid
from foundation.web import redirect, render_page
from foundation.web.downloads import JSON_LINES, attached
from foundation.web.list_files import list_file
from foundation.web.requests import PortalRequest


@access.page(Permission.LEDGER_VIEW)
@require_GET
def entry_list(request: PortalRequest, tenant: str) -> HttpResponse:
    form = presentation.activity_form(request)
    # Whoever reads the record of some projects alone sees what happened there, and not how the whole chain stands.
    whole = access.can(request.actor, Permission.LEDGER_VIEW)
    page = ledger.activity(request.actor, **_narrowed(request, form), cursor=request.GET.get("cursor", ""))
    context: dict[str, Any] = {
        "form": form,
        "entries": presentation.entries(request.actor, page.events),
        "older": presentation.older(request, page.next),
        "files": presentation.files(request),
        "may_export": access.ask(policies.check_can_verify, request.actor),
        "record": ledger.standing(request.actor, checkpoints=1) if whole else None,
        "tabs": presentation.activity_tabs(tenant, "activity") if whole else [],
        "topic": f"tenant:{request.actor.tenant_id}",
    }
    return render_page(request, "compliance/activity.html", **context)


@access.page(Permission.LEDGER_EXPORT)
@require_GET
def entry_file(request: PortalRequest, tenant: str, form: str) -> HttpResponseBase:
    """The list as it is filtered, all pages of it; filters that cannot be read are no reason to hand out everything."""
    asked = presentation.activity_form(request)
    if not asked.is_valid():
        raise Invalid(_("The filters of this address cannot be read; set them on the page and export from there."))
    found = services.export_entries(actor=request.actor, **_narrowed(request, asked))
    rows = ([presentation.file_row(entry) for entry in some] for some in found)
    return list_file(rows, presentation.FILE_COLUMNS, form=form, name=f"activity-{tenant}")


@access.page(Permission.LEDGER_VIEW)
@require_GET
def record(request: PortalRequest, tenant: str) -> HttpResponse:
    return _render_record(request)


@access.page(Permission.LEDGER_EXPORT)
@require_POST
def verify(request: PortalRequest, tenant: str) -> HttpResponse:
    return _render_record(request, services.verify_ledger(actor=request.actor, now=now()))


@access.page(Permission.LEDGER_EXPORT)
@require_GET
def export(request: PortalRequest, tenant: str) -> HttpResponseBase:
    return attached(services.export_ledger(actor=request.actor), name=f"ledger-{tenant}.jsonl", kind=JSON_LINES)


@access.page(Permission.LEDGER_VIEW)
@require_GET
def key(request: PortalRequest, tenant: str) -> HttpResponseBase:
    return attached(ledger.public_keys(), name="ledger-key.pem", kind="application/x-pem-file")


@access.page(Permission.LEDGER_EXPORT)
@require_GET
def anchor(request: PortalRequest, tenant: str) -> HttpResponseBase:
    return attached(services.anchor(actor=request.actor), name=f"anchor-{tenant}.jsonl", kind=JSON_LINES)


@access.page(Permission.LEDGER_VIEW)
@require_GET
def verifier(request: PortalRequest, tenant: str) -> HttpResponseBase:
    return attached(services.verifier(), name="sanad_verify.py", kind="text/x-python")


@access.page(Permission.LEDGER_VIEW)
@require_GET
def deliveries(request: PortalRequest, tenant: str) -> HttpResponse:
    states, parked = ledger.delivery_state(request.actor), ledger.parked(actor=request.actor)
    context: dict[str, Any] = {
        "states": states,
        "parked": parked,
        "failing": [state for state in states if state.attempts],
        "behind": max((state.behind for state in states), default=0),
        "may_replay": access.ask(policies.check_can_replay, request.actor),
        "tabs": presentation.activity_tabs(tenant, "deliveries"),
        "topic": f"tenant:{request.actor.tenant_id}",
    }
    return render_page(request, "compliance/deliveries.html", **context)


@access.page(Permission.TENANT_MANAGE)
@require_POST
def replay(request: PortalRequest, tenant: str, parked_id: UUID) -> HttpResponse:
    ledger.replay_parked(actor=request.actor, parked_id=parked_id)
    messages.success(request, _("Delivered. The part that had refused it has taken it now."))
    return redirect(request, reverse("compliance:deliveries", args=[tenant]))


def _narrowed(request: PortalRequest, form: ActivityForm) -> dict[str, Any]:
    narrowed = form.narrowed()
    words = form.cleaned_data.get("q", "")
    return {**narrowed, "sought": selectors.sought(actor=request.actor, words=words)} if words else narrowed


def _render_record(request: PortalRequest, check: Any = None) -> HttpResponse:
    context: dict[str, Any] = {
        "record": ledger.standing(request.actor),
        "check": check,
        "may_verify": access.ask(policies.check_can_verify, request.actor),
        "tabs": presentation.activity_tabs(request.tenant.slug, "record"),
        "snippets": presentation.record_snippets(),
        "topic": f"tenant:{request.actor.tenant_id}",
    }
    return render_page(request, "compliance/record.html", **context)
