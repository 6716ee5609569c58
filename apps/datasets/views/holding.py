"""A version, or its dataset, under legal hold: placed by an officer, released with a reason."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from apps.datasets import forms, policies, selectors, services
from apps.datasets.views.things import address, version_of
from foundation import access
from foundation.access import Permission
from foundation.web import redirect, render_page
from foundation.web.refusals import refusals_on
from foundation.web.requests import PortalRequest, in_project


@access.page(Permission.DATASET_HOLD)
@require_http_methods(["GET", "POST"])
def version_hold(request: PortalRequest, tenant: str, project: str, version_id: UUID) -> HttpResponse:
    version = version_of(request, version_id)
    policies.check_can_hold(request.actor, version)
    form = forms.HoldForm(request.POST if request.method == "POST" else None, named=str(version))
    if form.is_valid():
        chosen = form.cleaned_data
        held = version if chosen["reach"] == "version" else None
        with refusals_on(form):
            services.place_hold(
                actor=request.actor,
                dataset=version.dataset,
                version=held,
                reason=chosen["reason"],
                until=chosen["until"],
            )
            messages.success(request, _("Under legal hold: nobody can destroy it now."))
            return redirect(request, address(request, "version_detail", version.pk))
    context = {"version": version, "dataset": version.dataset, "form": form}
    return render_page(request, "datasets/version_hold.html", status=422 if form.errors else 200, **context)


@access.page(Permission.DATASET_HOLD)
@require_http_methods(["GET", "POST"])
def hold_release(request: PortalRequest, tenant: str, project: str, hold_id: UUID) -> HttpResponse:
    hold = in_project(request, selectors.get_hold(actor=request.actor, hold_id=hold_id))
    policies.check_can_hold(request.actor, hold)
    form = forms.ReleaseForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        with refusals_on(form):
            services.release_hold(actor=request.actor, hold=hold, **form.cleaned_data)
            messages.success(request, _("The legal hold on %(name)s is released.") % {"name": hold})
            return redirect(request, _page_of(request, hold))
    back_url, until = _page_of(request, hold), selectors.until_in_words(hold)
    context: dict[str, Any] = {"hold": hold, "form": form, "back_url": back_url, "until": until}
    return render_page(request, "datasets/hold_release.html", status=422 if form.errors else 200, **context)


def _page_of(request: PortalRequest, hold: object) -> str:
    version_id = getattr(hold, "version_id", None)
    if version_id:
        return address(request, "version_detail", version_id)
    return address(request, "dataset_detail", getattr(hold, "dataset_id"))  # noqa: B009 - views import no models
