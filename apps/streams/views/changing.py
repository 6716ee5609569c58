"""A stream is made, changed, paused, cut, deleted; its quarantine is read again or discarded."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from apps.connections import selectors as connections
from apps.datasets import selectors as datasets
from apps.streams import services
from apps.streams.forms import NewStreamForm, StreamForm, as_lines
from apps.streams.views.things import address, stream_of
from foundation import access
from foundation.access import Permission
from foundation.clock import now
from foundation.web import redirect, render_page
from foundation.web.calendars import day_in_words
from foundation.web.editing import alone
from foundation.web.pages import offer_undo
from foundation.web.refusals import refusals_on
from foundation.web.requests import PortalRequest
from foundation.web.templatetags.sanad_format import number


@access.page(Permission.STREAM_MANAGE)
def stream_new(request: PortalRequest, tenant: str, project: str) -> HttpResponse:
    sets = list(datasets.visible_datasets(actor=request.actor, project_id=request.project.pk))
    form = _new_form(request, sets)
    if request.method == "POST":
        if form.wants_suggestion():
            form = _suggested(request, form, sets)
        elif form.is_valid():
            with refusals_on(form):
                return redirect(request, address(request, "stream_detail", _made(request, form).pk))
    # What was asked for here is a suggestion, and nothing that is wrong.
    status = 422 if form.is_bound and form.errors and not form.wants_suggestion() else 200
    return render_page(request, "streams/stream_new.html", status=status, form=form)


@access.page(Permission.STREAM_MANAGE)
def stream_edit(request: PortalRequest, tenant: str, project: str, stream_id: UUID) -> HttpResponse:
    alone(request)
    stream = stream_of(request, stream_id)
    posted = request.method == "POST"
    form = StreamForm(request.POST if posted else None, request.FILES if posted else None, stream=stream)
    if posted and form.is_valid():
        with refusals_on(form):
            services.edit_stream(actor=request.actor, stream=stream, **form.words())
            messages.success(request, _("Saved."))
            return redirect(request, f"{address(request, 'stream_detail', stream.pk)}?tab=settings")
    status = 422 if form.errors else 200
    return render_page(request, "streams/stream_edit.html", status=status, form=form, stream=stream)


@access.page(Permission.STREAM_MANAGE)
@require_POST
def stream_pause(request: PortalRequest, tenant: str, project: str, stream_id: UUID) -> HttpResponse:
    stream = stream_of(request, stream_id)
    services.pause_stream(actor=request.actor, stream=stream)
    said = _("“%(name)s” is paused; events wait where they are.") % {"name": stream}
    offer_undo(request, said, address(request, "stream_resume", stream_id))
    return redirect(request, address(request, "stream_detail", stream_id))


@access.page(Permission.STREAM_MANAGE)
@require_POST
def stream_resume(request: PortalRequest, tenant: str, project: str, stream_id: UUID) -> HttpResponse:
    services.resume_stream(actor=request.actor, stream=stream_of(request, stream_id))
    return redirect(request, address(request, "stream_detail", stream_id))


@access.page(Permission.STREAM_MANAGE)
@require_POST
def stream_cut(request: PortalRequest, tenant: str, project: str, stream_id: UUID) -> HttpResponse:
    version = services.cut_stream(actor=request.actor, stream=stream_of(request, stream_id), now=now())
    return redirect(request, reverse("datasets:version_detail", args=[tenant, project, version.pk]))


@access.page(Permission.STREAM_MANAGE)
@require_POST
def stream_delete(request: PortalRequest, tenant: str, project: str, stream_id: UUID) -> HttpResponse:
    stream = stream_of(request, stream_id)
    binned = services.delete_stream(actor=request.actor, stream=stream)
    said = _("The stream “%(name)s” is in the bin until %(day)s. Its rows stay with the dataset.")
    words = {"name": binned.name, "day": day_in_words(binned.kept_until)}
    offer_undo(request, said % words, reverse("tenants:project_bin_restore", args=[tenant, project, binned.pk]))
    return redirect(request, address(request, "stream_list"))


@access.page(Permission.STREAM_MANAGE)
@require_POST
def quarantine_replay(request: PortalRequest, tenant: str, project: str, stream_id: UUID) -> HttpResponse:
    services.replay_quarantine(actor=request.actor, stream=stream_of(request, stream_id))
    messages.success(request, _("The quarantined events are read again; those that still do not fit stay."))
    return redirect(request, f"{address(request, 'stream_detail', stream_id)}?tab=quarantine")


@access.page(Permission.STREAM_MANAGE)
@require_POST
def quarantine_discard(request: PortalRequest, tenant: str, project: str, stream_id: UUID) -> HttpResponse:
    count = services.discard_quarantine(actor=request.actor, stream=stream_of(request, stream_id))
    said = ngettext("One event is discarded.", "%(shown)s events are discarded.", count)
    messages.success(request, said % {"shown": number(count)})
    return redirect(request, f"{address(request, 'stream_detail', stream_id)}?tab=quarantine")


def _new_form(request: PortalRequest, sets: list[Any], data: Any = None) -> NewStreamForm:
    posted = request.method == "POST"
    given = data if data is not None else (request.POST if posted else None)
    brokers = [
        (str(row.pk), row.name)
        for row in connections.visible_connections(actor=request.actor, project_id=request.project.pk)
        if row.holds_events
    ]
    named = [(str(row.pk), row.name) for row in sets]
    return NewStreamForm(given, request.FILES if posted else None, datasets=named, connections=brokers)


def _suggested(request: PortalRequest, form: NewStreamForm, sets: list[Any]) -> NewStreamForm:
    """The same form with the columns filled in; why there are none is said at them."""
    with refusals_on(form):
        connection_id = UUID(form.data["connection"]) if form.data.get("connection") else None
        found = services.suggest_columns(
            actor=request.actor, project_id=request.project.pk, connection_id=connection_id, **form.asked()
        )
        filled: QueryDict = request.POST.copy()
        filled["columns"] = as_lines(found)
        return _new_form(request, sets, filled)
    return form


def _made(request: PortalRequest, form: NewStreamForm) -> Any:
    words = form.words()
    words.pop("examples")
    dataset, connection = words.pop("dataset"), words.pop("connection")
    found = datasets.get_dataset(actor=request.actor, dataset_id=UUID(dataset)) if dataset else None
    words["connection_id"] = UUID(connection) if connection else None
    return services.create_stream(actor=request.actor, dataset=found, project=request.project, now=now(), **words)
