"""Whether what is served of one version of a feature view is what a model learned from."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from apps.features import forms, policies, selectors, services
from apps.features.choices import SkewKind
from apps.features.views.things import address, view_of
from foundation import access
from foundation.access import Permission
from foundation.web import redirect
from foundation.web.pages import offer_undo
from foundation.web.requests import PortalRequest

_SHOWN = 10


def skew_part(request: PortalRequest, view: Any) -> dict[str, Any]:
    """What the tab needs."""
    found = selectors.skew_of(actor=request.actor, view=view)
    initial = {"share": view.skew_share * 100, "limit": view.skew_limit * 100}
    return {
        "skew": found,
        "kinds": [(SkewKind(kind).label, count) for kind, count in sorted(found.kinds.items())],
        "checks": found.checks[:_SHOWN],
        "may_watch": access.ask(policies.check_can_define, request.actor, request.project),
        "skew_form": forms.SkewForm(initial=initial),
    }


@access.page(Permission.FEATURE_DEFINE)
@require_POST
def view_skew(request: PortalRequest, tenant: str, project: str, view_id: UUID) -> HttpResponse:
    view, form = view_of(request, view_id), forms.SkewForm(request.POST)
    if form.is_valid():
        share, limit = (form.cleaned_data[name] / 100 for name in ("share", "limit"))
        before = {"share": view.skew_share * 100, "limit": view.skew_limit * 100}
        services.watch_skew(actor=request.actor, view_id=view.pk, share=share, limit=limit)
        offer_undo(request, _("Saved."), request.path, **before)
    else:
        messages.error(request, " ".join(str(sentence) for errors in form.errors.values() for sentence in errors))
    return redirect(request, address(request, "view_detail", view.pk) + "?tab=skew")
