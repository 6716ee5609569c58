"""A connection is made, changed, tested, deleted."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from apps.connections import policies, services
from apps.connections.choices import ConnectionKind, Standing
from apps.connections.forms import ConnectionForm
from apps.connections.views.things import address, connection_of
from foundation import access
from foundation.access import Permission
from foundation.clock import now
from foundation.web import redirect, render_page
from foundation.web.calendars import day_in_words
from foundation.web.editing import alone
from foundation.web.pages import offer_undo
from foundation.web.refusals import refusals_on
from foundation.web.requests import PortalRequest


@access.page(Permission.CONNECTION_MANAGE)
@never_cache
def connection_new(request: PortalRequest, tenant: str, project: str) -> HttpResponse:
    """Without a kind in the address: which kinds there are."""
    kind = request.GET.get("kind", "")
    if kind not in ConnectionKind.values:
        return render_page(request, "connections/connection_kinds.html", kinds=list(ConnectionKind))
    everywhere = bool(access.ask(policies.check_can_manage, request.actor, None))
    form = ConnectionForm(request.POST or None, kind=ConnectionKind(kind), everywhere=everywhere)
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            project_id = None if form.cleaned_data.get("everywhere") else request.project.pk
            made = services.create_connection(
                actor=request.actor, kind=kind, project_id=project_id, now=now(), **form.words()
            )
            _test(request, made)
            return redirect(request, address(request, "connection_detail", made.pk))
    context: dict[str, Any] = {"form": form, "kind": ConnectionKind(kind)}
    return render_page(request, "connections/connection_new.html", status=422 if form.errors else 200, **context)


@access.page(Permission.CONNECTION_MANAGE)
@never_cache
def connection_edit(request: PortalRequest, tenant: str, project: str, connection_id: UUID) -> HttpResponse:
    alone(request)
    connection = connection_of(request, connection_id)
    form = ConnectionForm(request.POST or None, kind=ConnectionKind(connection.kind), connection=connection)
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            changed = services.edit_connection(actor=request.actor, connection=connection, **form.words())
            if changed.standing == Standing.UNTRIED:
                _test(request, changed)
            else:
                messages.success(request, _("Saved."))
            return redirect(request, address(request, "connection_detail", connection.pk))
    context: dict[str, Any] = {"form": form, "connection": connection}
    return render_page(request, "connections/connection_edit.html", status=422 if form.errors else 200, **context)


@access.page(Permission.CONNECTION_MANAGE)
@require_POST
def connection_test(request: PortalRequest, tenant: str, project: str, connection_id: UUID) -> HttpResponse:
    _test(request, connection_of(request, connection_id))
    return redirect(request, address(request, "connection_detail", connection_id))


@access.page(Permission.CONNECTION_MANAGE)
@require_POST
def connection_delete(request: PortalRequest, tenant: str, project: str, connection_id: UUID) -> HttpResponse:
    connection = connection_of(request, connection_id)
    binned = services.delete_connection(actor=request.actor, connection=connection)
    said = _("The connection “%(name)s” is in the bin until %(day)s.")
    words = {"name": binned.name, "day": day_in_words(binned.kept_until)}
    offer_undo(request, said % words, reverse("tenants:project_bin_restore", args=[tenant, project, binned.pk]))
    return redirect(request, address(request, "connection_list"))


def _test(request: PortalRequest, connection: Any) -> None:
    tested = services.test_connection(actor=request.actor, connection=connection, now=now())
    if tested.standing == Standing.WELL:
        messages.success(request, _("It answers."))
    else:
        messages.error(request, _("It does not answer as it should; the step that failed says why."))
