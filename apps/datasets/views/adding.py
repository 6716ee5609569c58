"""Data comes in: a file that was sent in pieces, or with a plain form."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from apps.datasets import forms, selectors, services
from apps.datasets.choices import ACCEPTED_ENDINGS, Mode
from apps.datasets.views import presentation
from apps.datasets.views.things import address, as_id, columns_there, dataset_of, version_of
from foundation import access
from foundation.access import Permission
from foundation.clock import now
from foundation.errors import Conflict, Invalid
from foundation.figures import whole
from foundation.web import redirect, render_page
from foundation.web.refusals import refusals_on
from foundation.web.requests import PortalRequest, in_project


@access.page(Permission.DATASET_CREATE)
def dataset_new(request: PortalRequest, tenant: str, project: str) -> HttpResponse:
    dataset, posted = _wanted_dataset(request), request.method == "POST"
    form = forms.UploadForm(request.POST if posted else None, request.FILES if posted else None)
    form.offer_columns(columns_there(request, str(dataset.pk) if dataset else ""))
    context: dict[str, Any] = {"dataset": dataset, "form": form, "accept": ",".join(ACCEPTED_ENDINGS)}
    if form.is_valid():
        with refusals_on(form, otherwise="file"):
            context["uploaded"] = upload = _uploaded(request, form)
            version = _begin(request, form, dataset, upload)
            return redirect(request, address(request, "version_detail", version.pk))
    context["snippets"] = presentation.push_snippets(request, dataset)
    return render_page(request, "datasets/dataset_new.html", status=422 if form.errors else 200, **context)


@access.page(Permission.DATASET_CREATE)
@require_GET
def upload_expected(request: PortalRequest, tenant: str, project: str) -> HttpResponse:
    """What reading in a file of ?size= bytes will probably take: a fragment, shown while it is being sent."""
    size = whole(request.GET.get("size"), digits=18)
    if size is None:
        raise Invalid(_("Say how large the file is, in bytes."))
    where: dict[str, Any] = {"actor": request.actor, "project_id": request.project.pk}
    expected = services.expect_upload(**where, dataset=_wanted_dataset(request), size=size)
    return render(request, "datasets/partials/expected.html", {"expected": expected, "of_file": True})


@access.page(Permission.DATASET_CREATE)
@require_POST
def version_again(request: PortalRequest, tenant: str, project: str, version_id: UUID) -> HttpResponse:
    """Read the file of a failed version once more, with other options."""
    version, form = version_of(request, version_id), forms.ReadingForm(request.POST)
    upload = selectors.upload_of(actor=request.actor, version=version)
    if upload is None or not form.is_valid():
        raise Conflict(_("The file is not kept any more. Upload it again."))
    again = services.create_version(
        actor=request.actor,
        dataset=version.dataset,
        upload=upload,
        now=now(),
        options=form.options(),
        mode=version.source.get("mode", Mode.FULL),
        key=version.source.get("key", ()),
    )
    messages.success(request, _("Reading the file once more."))
    return redirect(request, address(request, "version_detail", again.pk))


def _wanted_dataset(request: PortalRequest) -> Any:
    asked = request.GET.get("dataset", "")
    return dataset_of(request, as_id(asked)) if asked else None


def _uploaded(request: PortalRequest, form: forms.UploadForm) -> Any:
    """The upload that was sent in pieces before the form; None where the file comes with the form."""
    upload_id = form.cleaned_data["upload"]
    if not upload_id:
        return None
    return in_project(request, selectors.get_upload(actor=request.actor, upload_id=upload_id))


@transaction.atomic
def _begin(request: PortalRequest, form: forms.UploadForm, dataset: Any, upload: Any) -> Any:
    """The dataset, the file and the version; a refused name is said before a plain form's file is stored."""
    actor, file = request.actor, form.cleaned_data["file"]
    filename = upload.filename if upload else file.name
    if dataset is None:
        name = form.cleaned_data["name"].strip() or forms.name_from(filename)
        dataset = services.create_dataset(actor=actor, project=request.project, name=name)
    if upload is None:
        upload = services.take_file(
            actor=actor, project=request.project, file=file, filename=filename, size=file.size, now=now()
        )
    words = {"options": form.options(), **form.rows_said()}
    return services.create_version(actor=actor, dataset=dataset, upload=upload, now=now(), **words)
