"""What is expected of the values online of one version of a view: how fresh they are, how much of them is compared."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from apps.features import forms, services
from apps.features.views.feature_views import shown
from apps.features.views.things import address, view_of
from foundation import access
from foundation.access import Permission
from foundation.web import redirect
from foundation.web.editing import EditForm, alone
from foundation.web.pages import offer_undo
from foundation.web.refusals import refusals_on
from foundation.web.requests import PortalRequest


@access.page(Permission.FEATURE_DEFINE)
@require_http_methods(["GET", "POST"])
def view_freshness(request: PortalRequest, tenant: str, project: str, view_id: UUID) -> HttpResponse:
    """Expect the latest event online to be no older."""

    def save(form: Any) -> Any:
        return services.promise_freshness(actor=request.actor, view_id=view_id, seconds=form.seconds)

    return _page(request, view_id, "online", "freshness_form", forms.FreshnessForm, _freshness_of, save)


@access.page(Permission.FEATURE_DEFINE)
@require_http_methods(["GET", "POST"])
def view_skew(request: PortalRequest, tenant: str, project: str, view_id: UUID) -> HttpResponse:
    """Compare so much, and let so much of it differ."""

    def save(form: Any) -> Any:
        share, limit = (form.cleaned_data[name] / 100 for name in ("share", "limit"))
        return services.watch_skew(actor=request.actor, view_id=view_id, share=share, limit=limit)

    return _page(request, view_id, "skew", "skew_form", forms.SkewForm, forms.SkewForm.of, save)


def _freshness_of(view: Any) -> dict[str, Any]:
    return forms.FreshnessForm.of(view.freshness_seconds)


def _page(
    request: PortalRequest,
    view_id: UUID,
    tab: str,
    word: str,
    kind: type[EditForm],
    said_of: Callable[[Any], dict[str, Any]],
    save: Callable[[Any], Any],
) -> HttpResponse:
    """The form on its tab of the view's page; what cannot be saved is told there, beside what was typed.

    Undone, it says again what it said before, unless somebody has saved since: then both versions are shown.
    """
    alone(request)
    view = view_of(request, view_id)
    back = f"{address(request, 'view_detail', view.pk)}?tab={tab}"
    if request.method == "GET":
        # Whoever reloads the page of a refusal has nothing to send.
        return redirect(request, back)
    before = said_of(view)
    form = kind(request.POST, initial=before)
    if form.is_valid():
        with refusals_on(form):
            _say(request, kind, before, said_of(save(form)))
            return redirect(request, back)
    return shown(request, view, tab, status=422, **{word: form, "held": True})


def _say(request: PortalRequest, kind: type[EditForm], before: dict[str, Any], after: dict[str, Any]) -> None:
    if after == before:
        messages.success(request, _("Saved."))
    else:
        offer_undo(request, _("Saved."), request.path, **before, **kind.begun_with(after))
