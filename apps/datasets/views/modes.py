"""What becomes of the rows that are there: the part of a form that depends on the dataset that is chosen in it."""

from __future__ import annotations

from django.http import HttpResponse
from django.views.decorators.http import require_GET

from apps.datasets import forms
from apps.datasets.choices import Mode
from apps.datasets.views.things import columns_there
from foundation import access
from foundation.access import Permission
from foundation.web import render_page
from foundation.web.requests import PortalRequest


@access.page(Permission.DATASET_CREATE)
@require_GET
def dataset_modes(request: PortalRequest, tenant: str, project: str) -> HttpResponse:
    """A part of the forms that read in and derive, fetched when another dataset is chosen."""
    asked = request.GET.get("mode", "")
    form = forms.ModeFields(initial={"mode": asked if asked in Mode.values else Mode.FULL})
    form.offer_columns(columns_there(request, request.GET.get("dataset", "")))
    return render_page(request, "datasets/partials/mode_fields.html", form=form)
