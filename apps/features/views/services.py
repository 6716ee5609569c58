"""Feature services: defined, shown, deprecated, removed."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from apps.features import forms, policies, selectors, services
from apps.features.choices import GONE, BuildState
from apps.features.views import examples
from apps.features.views.binned import bin_part, said_in_bin
from apps.features.views.saying import deprecate_page, edit_page, restored
from apps.features.views.things import activity, address, as_id, client_lines, service_of
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
def service_define(request: PortalRequest, tenant: str, project: str) -> HttpResponse:
    """A new one, or the next version of the one that ?from= names."""
    rows = selectors.visible_views(actor=request.actor, project_id=request.project.pk, newest_only=True)
    views = list(rows.filter(state__in=[BuildState.READY, BuildState.BUILDING]).order_by("name"))
    on_demand = _on_demand(request)
    begun = service_of(request, as_id(asked)) if (asked := request.GET.get("from", "")) else None
    form = forms.ServiceForm(request.POST or None, views=views, on_demand=on_demand, initial=_initial(request, begun))
    context: dict[str, Any] = {"form": form, "offered": len(views) + len(on_demand)}
    context["example"] = examples.of_service(request, begun)
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            if request.POST.get("act") != "file":
                made = _defined(request, form)
                messages.success(request, _("%(name)s is defined.") % {"name": made})
                return redirect(request, address(request, "service_detail", made.pk))
            context["written"] = services.text_of_made(lambda: _written(request, form))
    return render_page(request, "features/service_define.html", status=422 if form.errors else 200, **context)


def _defined(request: PortalRequest, form: forms.ServiceForm) -> Any:
    return services.define_service(actor=request.actor, project=request.project, **form.definition())


def _written(request: PortalRequest, form: forms.ServiceForm) -> dict[str, dict[str, Any]]:
    """The service as a file holds it."""
    made = _defined(request, form)
    return {"services": {made.name: services.service_fields(request.actor, made)}}


def _on_demand(request: PortalRequest) -> list[Any]:
    """The newest version of each, without those that a view of theirs is gone from."""
    rows = selectors.visible_on_demand_views(actor=request.actor, project_id=request.project.pk, newest_only=True)
    return [one for one in rows.order_by("name") if not selectors.views_gone(actor=request.actor, view=one)]


def _initial(request: PortalRequest, service: Any) -> dict[str, Any]:
    """A service as its next version begins: of each of its views the newest version."""
    if service is None:
        return {}
    newest = selectors.visible_views(actor=request.actor, project_id=request.project.pk, newest_only=True)
    ids = {view.name: view.pk.hex for view in newest}
    found: dict[str, Any] = {"name": service.name, **forms.DescriptionForm.said_of(service)}
    for view, names in selectors.views_of_service(actor=request.actor, service=service):
        if here := ids.get(view.name):
            found |= {f"use_{here}": True, f"take_{here}": names}
    computed = {one.name: one.pk.hex for one in _on_demand(request)}
    for one, names in selectors.on_demand_of_service(actor=request.actor, service=service):
        if here := computed.get(one.name):
            found |= {f"use_{here}": True, f"take_{here}": names}
    return found


@access.page(Permission.FEATURE_VIEW)
@require_GET
def service_detail(request: PortalRequest, tenant: str, project: str, service_id: UUID) -> HttpResponse:
    service = service_of(request, service_id, binned=True)
    actor = request.actor
    views = selectors.views_of_service(actor=actor, service=service)
    computed = selectors.on_demand_of_service(actor=actor, service=service)
    context: dict[str, Any] = {
        "service": service,
        "deprecated": selectors.deprecated_in_words(service),
        **bin_part(request, BinKind.FEATURE_SERVICE, service),
        "parts": [
            {
                "view": view,
                "url": address(request, "view_detail", view.pk),
                "names": names,
                "deprecated": selectors.deprecated_in_words(view),
            }
            for view, names in views
        ],
        "computed": [
            {
                "view": one,
                "url": address(request, "on_demand_detail", one.pk),
                "names": names,
                "deprecated": selectors.deprecated_in_words(one),
                "gone": selectors.views_gone(actor=actor, view=one),
            }
            for one, names in computed
        ],
        "gone": [view for view, _names in views if view.state in GONE],
        "hidden": len(service.views) - len(views),
        "users": selectors.made_from_service(actor=actor, service=service),
        "versions": selectors.versions_of_service(actor=actor, service=service),
        **activity(request, "feature_service", service),
        "written": services.text_of({"services": {service.name: services.service_fields(actor, service)}}),
        "snippets": _snippets(request, service, [view for view, _names in views], [one for one, _names in computed]),
        "may_define": access.ask(policies.check_can_define, actor, request.project),
        "may_remove": access.ask(services.check_may_remove_service, actor, service),
    }
    return render_page(request, "features/service_detail.html", **context)


def _snippets(request: PortalRequest, service: Any, views: list[Any], computed: list[Any]) -> list[dict[str, str]]:
    """How a program makes a training set of it, and asks for its features as they are now."""
    used = [view for one in computed for view in selectors.views_used(actor=request.actor, view=one)]
    keys = sorted({key for view in (*views, *used) for key in view.entity.join_keys})
    entity = ", ".join(f'"{key}": "…"' for key in keys)
    values = ", ".join(f'"{name}": None' for name in sorted({name for one in computed for name in one.request}))
    asked = f'service="{service.name}", entities=[{{{entity}}}]' + (f", requests=[{{{values}}}]" if values else "")
    columns = ", ".join(f'"{key}": "{key}"' for key in keys)
    python = client_lines(request) + (
        f'service = client.feature_services.get("{service.name}")["id"]\n'
        'labels = client.datasets.find("…")["latest_version"]["id"]\n'
        'client.training_sets.create(\n    "my_set", base_version=labels, label="…", event_time="…",\n'
        f"    service=service, keys={{{columns}}})\n"
        f"client.features.online({asked})\n"
        f'client.features.historical("rows.parquet", service="{service.name}", event_time="…").to_df()'
    )
    return [{"name": "Python", "code": python}]


@access.page(Permission.FEATURE_DEFINE)
@never_cache
def service_edit(request: PortalRequest, tenant: str, project: str, service_id: UUID) -> HttpResponse:
    alone(request)
    service = service_of(request, service_id)
    back = address(request, "service_detail", service.pk)
    return edit_page(
        request, service, back, lambda words: services.describe_service(actor=request.actor, service=service, **words)
    )


@access.page(Permission.FEATURE_DEFINE)
@never_cache
def service_deprecate(request: PortalRequest, tenant: str, project: str, service_id: UUID) -> HttpResponse:
    service = service_of(request, service_id)
    others = selectors.visible_services(actor=request.actor, project_id=request.project.pk, newest_only=True)

    def mark(reason: str, instead: str) -> Any:
        other = service_of(request, as_id(instead)) if instead else None
        return services.deprecate_service(actor=request.actor, service=service, reason=reason, instead=other, now=now())

    return deprecate_page(request, service, address(request, "service_detail", service.pk), others, mark)


@access.page(Permission.FEATURE_DEFINE)
@require_POST
def service_restore(request: PortalRequest, tenant: str, project: str, service_id: UUID) -> HttpResponse:
    service = service_of(request, service_id)
    restored(request, service, address(request, "service_deprecate", service.pk))
    services.restore_service(actor=request.actor, service=service)
    return redirect(request, address(request, "service_detail", service.pk))


@access.page(Permission.FEATURE_DEFINE)
@require_POST
def service_remove(request: PortalRequest, tenant: str, project: str, service_id: UUID) -> HttpResponse:
    service = service_of(request, service_id)
    services.remove_service(actor=request.actor, service=service)
    said_in_bin(request, BinKind.FEATURE_SERVICE, service)
    return redirect(request, f"{address(request, 'feature_list')}?show=services")
