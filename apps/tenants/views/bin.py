"""Settings › Bin and Data › Bin: what was deleted, restored or deleted for ever."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from apps.tenants import policies, selectors, services
from apps.tenants.choices import BinKind
from apps.tenants.forms.bin import ForEverForm
from apps.tenants.views.bin_tables import (
    bin_address,
    comes_back,
    filter_of,
    headline_of,
    help_of,
    table_of,
    who_deleted,
)
from apps.tenants.views.tabs import tabs
from foundation import access
from foundation.access import Permission
from foundation.web import redirect, render_page
from foundation.web.calendars import day_in_words
from foundation.web.history import history
from foundation.web.pages import offer_undo
from foundation.web.refusals import asked, refusals_on
from foundation.web.requests import PortalRequest
from foundation.web.tables import build_table

DATA_PAGES = {
    BinKind.STREAM: "streams:stream_detail",
    BinKind.INGESTION: "datasets:ingestion_detail",
    BinKind.TRANSFORMATION: "datasets:transformation_detail",
    BinKind.CONNECTION: "connections:connection_detail",
    BinKind.FEATURE_VIEW: "features:view_detail",
    BinKind.TRAINING_SET: "features:training_set_detail",
    BinKind.FEATURE_SERVICE: "features:service_detail",
    BinKind.ON_DEMAND_VIEW: "features:on_demand_detail",
}


@access.page(Permission.TENANT_MANAGE)
def bin_list(request: PortalRequest, tenant: str) -> HttpResponse:
    return _list_page(request)


@access.page(Permission.DATASET_CREATE)
def project_bin_list(request: PortalRequest, tenant: str, project: str) -> HttpResponse:
    """What was deleted of the project's data."""
    return _list_page(request)


@access.page(Permission.TENANT_MANAGE)
def bin_detail(request: PortalRequest, tenant: str, binned_id: UUID) -> HttpResponse:
    """What comes back; a post deletes it for ever, where its name was typed."""
    return _detail_page(request, binned_id)


@access.page(Permission.DATASET_CREATE)
def project_bin_detail(request: PortalRequest, tenant: str, project: str, pk: UUID) -> HttpResponse:
    """As `bin_detail`, for whoever looks after the project's data."""
    return _detail_page(request, pk)


@access.page(Permission.TENANT_MANAGE)
@require_POST
def bin_restore(request: PortalRequest, tenant: str, binned_id: UUID) -> HttpResponse:
    return _restore(request, binned_id)


@access.page(Permission.DATASET_CREATE)
@require_POST
def project_bin_restore(request: PortalRequest, tenant: str, project: str, pk: UUID) -> HttpResponse:
    return _restore(request, pk)


def _list_page(request: PortalRequest) -> HttpResponse:
    project = getattr(request, "project", None)
    rows = selectors.binned_things(actor=request.actor, project_id=project.pk if project else None)
    context: dict[str, Any] = {
        "table": build_table(request, table_of(request), rows, filterset_class=filter_of(request)),
        "count": rows.count(),
        "days": settings.SANAD_BIN_DAYS,
        "tabs": [] if project else tabs(request, "bin"),
        "topic": f"project:{project.pk}" if project else "",
    }
    return render_page(request, "tenants/bin_list.html", **context)


def _detail_page(request: PortalRequest, binned_id: UUID) -> HttpResponse:
    binned = _binned(request, binned_id)
    form = ForEverForm(request.POST or None, name=binned.name)
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            services.delete_for_ever(actor=request.actor, binned=binned, **form.cleaned_data)
            messages.success(request, _("“%(name)s” is deleted for ever.") % {"name": binned.name})
            return redirect(request, bin_address(request, "bin_list"))
    return _show(request, binned, form=form)


def _restore(request: PortalRequest, binned_id: UUID) -> HttpResponse:
    binned = _binned(request, binned_id)
    refused = asked()
    with refusals_on(refused):
        restored = services.restore(actor=request.actor, binned=binned)
        messages.success(request, _said(restored))
        for sentence in restored.left_out:
            messages.warning(request, sentence)
        return redirect(request, _place(request, restored))
    return _show(request, binned, refused=refused)


def _binned(request: PortalRequest, binned_id: UUID) -> Any:
    project = getattr(request, "project", None)
    return selectors.get_binned(actor=request.actor, binned_id=binned_id, project_id=project.pk if project else None)


def _place(request: PortalRequest, restored: services.Restored) -> str:
    """The page of what came back; the bin where it has none that the reader may open."""
    tenant = request.tenant.slug
    if restored.kind in DATA_PAGES:
        slug = request.project.slug if getattr(request, "project", None) else ""
        if not slug and restored.project_id:
            slug = selectors.project_named(request.actor, str(restored.project_id)).slug
        if not slug:
            return reverse("connections:connection_anywhere", args=[tenant, restored.thing_id])
        return reverse(DATA_PAGES[restored.kind], args=[tenant, slug, restored.thing_id])
    there = selectors.place_of(actor=request.actor, kind=restored.kind, thing_id=restored.thing_id)
    return reverse(f"tenants:{there.page}", args=[tenant, there.id]) if there else bin_address(request, "bin_list")


def offer_restore(request: PortalRequest, binned: Any) -> None:
    """Say on the next page that the thing is in the bin and until when, with a button that restores it."""
    words = {"name": binned.name, "day": day_in_words(binned.kept_until)}
    said = {
        BinKind.GROUP: _("The group “%(name)s” is in the bin until %(day)s, with the roles that it gave."),
        BinKind.WEBHOOK: _("The webhook “%(name)s” is in the bin until %(day)s."),
        BinKind.IDENTITY_PROVIDER: _("“%(name)s” is in the bin until %(day)s. It lets nobody in."),
    }
    back = reverse("tenants:bin_restore", args=[request.tenant.slug, binned.pk])
    offer_undo(request, said[BinKind(binned.kind)] % words, back)


def _said(restored: services.Restored) -> str:
    said = {
        BinKind.GROUP: _("The group “%(name)s” is restored, with its people and roles."),
        BinKind.WEBHOOK: _("The webhook “%(name)s” is restored; it is told what happens from now on."),
        BinKind.IDENTITY_PROVIDER: _(
            "“%(name)s” is restored. It lets nobody in until you enable it; for SCIM make it a new token."
        ),
        BinKind.STREAM: _("The stream “%(name)s” is restored, where it stopped. Let it go on when you are ready."),
        BinKind.INGESTION: _("The ingestion “%(name)s” is restored; what was missed meanwhile is not made up for."),
        BinKind.TRANSFORMATION: _("The transformation “%(name)s” is restored, with all that it made."),
        BinKind.CONNECTION: _("The connection “%(name)s” is restored, with its secrets."),
        BinKind.FEATURE_VIEW: _("%(name)s is restored, with its rows; its newest values are put online again."),
        BinKind.TRAINING_SET: _("%(name)s is restored: it is listed again, as it was."),
        BinKind.FEATURE_SERVICE: _("%(name)s is restored: whoever may can ask and choose it again."),
        BinKind.ON_DEMAND_VIEW: _("%(name)s is restored: whoever may can ask and choose it again."),
    }
    return said[restored.kind] % {"name": restored.name}


def _show(
    request: PortalRequest, binned: Any, *, form: ForEverForm | None = None, refused: forms.Form | None = None
) -> HttpResponse:
    form = form or ForEverForm(name=binned.name)
    context: dict[str, Any] = {
        "binned": binned,
        "headline": headline_of(binned),
        "help": help_of(binned),
        "list_url": bin_address(request, "bin_list"),
        "restore_url": bin_address(request, "bin_restore", binned.pk),
        "comes_back": comes_back(binned),
        "inside": selectors.inside_of(actor=request.actor, binned=binned),
        "deleted_by": who_deleted(binned),
        "form": form,
        "refused": refused,
        "may_restore": access.ask(policies.check_can_use_bin, request.actor, binned),
        "history": history(request.actor, (binned.kind, binned.thing_id), names=selectors.names_of),
        "tabs": [] if getattr(request, "project", None) else tabs(request, "bin"),
    }
    status = 422 if form.errors or (refused and any(refused.errors)) else 200
    return render_page(request, "tenants/bin_detail.html", status=status, **context)
