"""What is said about on-demand features afterwards: description, owner, tags, that they are deprecated or go."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from apps.features import forms, policies, selectors, services
from apps.features.views.binned import said_in_bin, would_be_kept
from apps.features.views.saying import deprecate_page, edit_page, restored
from apps.features.views.things import address, as_id, on_demand_of
from apps.tenants.choices import BinKind
from foundation import access
from foundation.access import Permission
from foundation.clock import now
from foundation.web import redirect, render_page
from foundation.web.editing import alone
from foundation.web.refusals import refusals_on
from foundation.web.requests import PortalRequest


@access.page(Permission.FEATURE_DEFINE)
@never_cache
def on_demand_edit(request: PortalRequest, tenant: str, project: str, on_demand_id: UUID) -> HttpResponse:
    alone(request)
    view = on_demand_of(request, on_demand_id)
    back = address(request, "on_demand_detail", view.pk)
    return edit_page(
        request, view, back, lambda words: services.describe_on_demand(actor=request.actor, view=view, **words)
    )


@access.page(Permission.FEATURE_DEFINE)
@never_cache
def on_demand_deprecate(request: PortalRequest, tenant: str, project: str, on_demand_id: UUID) -> HttpResponse:
    view = on_demand_of(request, on_demand_id)
    others = selectors.visible_on_demand_views(actor=request.actor, project_id=request.project.pk, newest_only=True)

    def mark(reason: str, instead: str) -> Any:
        other = on_demand_of(request, as_id(instead)) if instead else None
        return services.deprecate_on_demand(actor=request.actor, view=view, reason=reason, instead=other, now=now())

    return deprecate_page(request, view, address(request, "on_demand_detail", view.pk), others.order_by("name"), mark)


@access.page(Permission.FEATURE_DEFINE)
@require_POST
def on_demand_restore(request: PortalRequest, tenant: str, project: str, on_demand_id: UUID) -> HttpResponse:
    view = on_demand_of(request, on_demand_id)
    restored(request, view, address(request, "on_demand_deprecate", view.pk))
    services.restore_on_demand(actor=request.actor, view=view)
    return redirect(request, address(request, "on_demand_detail", view.pk))


@access.page(Permission.FEATURE_DEFINE)
@require_http_methods(["GET", "POST"])
def on_demand_remove(request: PortalRequest, tenant: str, project: str, on_demand_id: UUID) -> HttpResponse:
    view = on_demand_of(request, on_demand_id)
    policies.check_can_remove_on_demand(request.actor, view)
    users = selectors.made_from_on_demand(actor=request.actor, view=view)
    form = forms.RemovalForm(request.POST or None, name=str(view), breaks=bool(users))
    if form.is_valid():
        with refusals_on(form):
            services.remove_on_demand(actor=request.actor, view=view, **form.cleaned_data)
            said_in_bin(request, BinKind.ON_DEMAND_VIEW, view)
            return redirect(request, f"{address(request, 'feature_list')}?show=on_demand")
    back = address(request, "on_demand_detail", view.pk)
    may_go = access.ask(services.check_on_demand_is_free, request.actor, view)
    shown = {"view": view, "users": users, "form": form, "back": back}
    context = {**shown, "kept_until": would_be_kept(), "may_go": may_go}
    return render_page(request, "features/on_demand_remove.html", status=422 if form.errors else 200, **context)
