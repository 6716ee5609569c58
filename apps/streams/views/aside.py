"""One event in quarantine, and what a person says in the place of what did not fit."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from apps.streams import selectors, services
from apps.streams.choices import Rule
from apps.streams.forms import MendForm
from apps.streams.views.things import address, stream_of
from foundation import access
from foundation.access import Permission
from foundation.errors import NotFound
from foundation.web import redirect, render_page
from foundation.web.refusals import refusals_on
from foundation.web.requests import PortalRequest
from foundation.web.templatetags.sanad_format import moment, number


@access.page(Permission.STREAM_MANAGE)
@require_http_methods(["GET", "POST"])
def quarantine_event(request: PortalRequest, tenant: str, project: str, stream_id: UUID) -> HttpResponse:
    """The event is named by its place (`place`), which holds signs that a path of an address has no room for."""
    stream, waiting = stream_of(request, stream_id), f"{address(request, 'stream_detail', stream_id)}?tab=quarantine"
    if not (place := request.GET.get("place", "")):
        return redirect(request, waiting)
    event = _event(request, stream, place)
    # One that came too late, or that fits by now, is made a row as it is.
    needs = event["column"] if event["rule"] in (Rule.MISSING, Rule.WRONG_TYPE) else ""
    form = MendForm(request.POST or None, columns=stream.columns, fields=event["fields"] or {}, needs=needs)
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            services.mend_event(actor=request.actor, stream=stream, place=event["place"], values=form.values())
            messages.success(request, _("The event is mended: it is a row of the dataset now."))
            return redirect(request, waiting)
    context = {"stream": stream, "event": event, "form": form, "facts": _facts(event)}
    return render_page(request, "streams/quarantine_event.html", status=422 if form.errors else 200, **context)


def event_address(request: PortalRequest, stream_id: UUID, place: str) -> str:
    return f"{address(request, 'quarantine_event', stream_id)}?{urlencode({'place': place})}"


def reason(event: dict[str, Any]) -> str:
    return str(Rule(event["rule"]).label)


def _event(request: PortalRequest, stream: Any, place: str) -> dict[str, Any]:
    found = selectors.aside_events(actor=request.actor, stream=stream, place=place, limit=1)
    if not found:
        raise NotFound(_("There is no such event in quarantine: it was read again, mended or discarded meanwhile."))
    return found[0]


def _facts(event: dict[str, Any]) -> list[dict[str, Any]]:
    sealed = _("sealed under the key of tokens; nobody is shown it") if event["key"] else _("kept; nobody is shown it")
    return [
        {"term": _("The event"), "value": reason(event)},
        {"term": _("Column"), "value": event["column"] or "–"},
        {"term": _("Came"), "value": moment(event["at"])},
        {"term": _("Position"), "value": format_html('<bdi dir="ltr">{}</bdi>', event["place"])},
        {"term": _("Length in bytes"), "value": number(event["size"])},
        {"term": _("What came itself"), "value": sealed},
    ]
