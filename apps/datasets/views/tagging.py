"""Tags on a version, and the way back to it."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from apps.datasets import forms, selectors, services
from apps.datasets.views.things import address, dataset_of, version_of
from foundation import access
from foundation.access import Permission
from foundation.errors import Invalid
from foundation.web import redirect
from foundation.web.pages import offer_undo
from foundation.web.requests import PortalRequest


@access.page(Permission.DATASET_CREATE)
@require_POST
def version_tag(request: PortalRequest, tenant: str, project: str, version_id: UUID) -> HttpResponse:
    version, form = version_of(request, version_id), forms.TagForm(request.POST)
    if not form.is_valid():
        raise Invalid(_("Give the tag: a word like “production”."))
    words = {"version": version, "tag": form.cleaned_data["tag"].strip()}
    if form.cleaned_data["remove"]:
        services.untag_version(actor=request.actor, **words)
        said = _("%(version)s is no longer called %(tag)s.") % words
        offer_undo(request, said, address(request, "version_tag", version.pk), tag=words["tag"])
    else:
        before = selectors.tagged(actor=request.actor, dataset_id=version.dataset_id, tag=words["tag"])
        services.tag_version(actor=request.actor, **words)
        # Undone, whichever version had it has it again.
        back = address(request, "version_tag", (before or version).pk)
        said = _("%(version)s is called %(tag)s now.") % words
        offer_undo(request, said, back, tag=words["tag"], remove=None if before else "on")
    return redirect(request, address(request, "version_detail", version.pk))


@access.page(Permission.DATASET_CREATE)
@require_POST
def version_roll_back(request: PortalRequest, tenant: str, project: str, version_id: UUID) -> HttpResponse:
    made = services.roll_back(actor=request.actor, to=version_of(request, version_id))
    messages.success(request, _("%(version)s has these rows again, and is the newest.") % {"version": made})
    return redirect(request, address(request, "version_detail", made.pk))


@access.page(Permission.DATASET_VIEW)
@require_GET
def version_find(request: PortalRequest, tenant: str, project: str, dataset_id: UUID) -> HttpResponse:
    """The page of the version that ?at= names: a number, a tag, a day."""
    dataset = dataset_of(request, dataset_id)
    at = request.GET.get("at") or selectors.NEWEST
    version = selectors.find_version(actor=request.actor, dataset_id=dataset.pk, at=at)
    return redirect(request, address(request, "version_detail", version.pk))
