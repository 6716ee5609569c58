"""The page on which a version is destroyed for good."""

from __future__ import annotations

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
from foundation.web.requests import PortalRequest


@access.page(Permission.DATASET_DESTROY)
@access.fresh
@require_http_methods(["GET", "POST"])
def version_destroy(request: PortalRequest, tenant: str, project: str, version_id: UUID) -> HttpResponse:
    version = version_of(request, version_id)
    policies.check_can_destroy(request.actor, version)
    users = selectors.made_from(actor=request.actor, version=version)
    form = forms.DestroyForm(request.POST or None, name=str(version), breaks=bool(users))
    if form.is_valid():
        with refusals_on(form):
            services.ask_to_destroy(actor=request.actor, version=version, **form.cleaned_data)
            messages.success(
                request, _("%(version)s is being destroyed; nobody can read it now.") % {"version": version}
            )
            return redirect(request, address(request, "version_detail", version.pk))
    context = {"version": version, "dataset": version.dataset, "users": users, "form": form}
    return render_page(request, "datasets/version_destroy.html", status=422 if form.errors else 200, **context)
