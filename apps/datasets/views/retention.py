"""How long versions of a dataset are kept: what would go is shown before anything is saved."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from apps.datasets import forms, policies, selectors, services
from apps.datasets.views.things import address, dataset_of
from foundation import access
from foundation.access import Permission
from foundation.clock import now
from foundation.web import redirect, render_page
from foundation.web.editing import alone
from foundation.web.refusals import refusals_on
from foundation.web.requests import PortalRequest


@access.page(Permission.DATASET_DESTROY)
@access.fresh
@require_http_methods(["GET", "POST"])
def dataset_retention(request: PortalRequest, tenant: str, project: str, dataset_id: UUID) -> HttpResponse:
    alone(request)
    dataset = dataset_of(request, dataset_id)
    policies.check_can_retire(request.actor, dataset)
    rule = selectors.rule_of(dataset)
    initial = {"keep_newest": rule.keep_newest, "keep_days": rule.keep_days} if rule else {}
    # A look changes nothing: it has an address of its own, and asks for no proof of who looks.
    looks = request.GET if "show" in request.GET else None
    form = forms.RetentionForm(request.POST if request.method == "POST" else looks, initial=initial)
    context: dict[str, Any] = {"dataset": dataset, "form": form, "rule": rule}
    if form.is_valid():
        if request.method == "POST":
            with refusals_on(form):
                services.set_retention(actor=request.actor, dataset=dataset, **form.cleaned_data)
                messages.success(request, _("Noted. The rule is looked at once a day."))
                return redirect(request, address(request, "dataset_detail", dataset.pk))
        context |= {"shown": True, "fates": selectors.fates(dataset, **form.cleaned_data, now=now())}
        context["going_count"] = len(selectors.going(context["fates"]))
    return render_page(request, "datasets/dataset_retention.html", status=422 if form.errors else 200, **context)
