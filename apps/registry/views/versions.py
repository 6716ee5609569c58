from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from apps.registry import charts, policies, selectors, services
from apps.registry.choices import Stage
from apps.registry.forms import CardForm
from apps.registry.views import presentation
from foundation import access
from foundation.access import Permission
from foundation.errors import NotFound
from foundation.web import editions, redirect, render_page
from foundation.web.chain import chain_of
from foundation.web.downloads import attached
from foundation.web.jobs_pages import newest_job
from foundation.web.refusals import refusals_on
from foundation.web.requests import PortalRequest, in_project

_CHARTS = {"importance": charts.importance_chart, "calibration": charts.calibration_chart}


@access.page(Permission.MODEL_VIEW)
@require_GET
def version_detail(request: PortalRequest, tenant: str, project: str, version_id: UUID) -> HttpResponse:
    version = _version(request, version_id)
    return render_page(request, "registry/version_detail.html", **_context(request, version))


@access.page(Permission.MODEL_REGISTER)
def card_edit(request: PortalRequest, tenant: str, project: str, version_id: UUID) -> HttpResponse:
    version = _version(request, version_id)
    form = CardForm(request.POST or None, initial={"card": version.card, "card_number": version.card_number})
    if request.method == "POST" and form.is_valid():
        with refusals_on(form, otherwise="card"):
            said = form.cleaned_data
            words = {"card": said["card"], "seen_number": said["card_number"], "why": said["why"]}
            services.edit_card(actor=request.actor, version=version, **words)
            messages.success(request, _("The card is saved."))
            return redirect(request, _here(request, version_id) + "?tab=card")
    status = 422 if form.errors else 200
    return render_page(request, "registry/card_edit.html", status=status, form=form, version=version)


@access.page(Permission.MODEL_REGISTER)
@require_POST
def card_restore(request: PortalRequest, tenant: str, project: str, version_id: UUID) -> HttpResponse:
    version = _version(request, version_id)
    found = editions.edition(selectors.about_card(version), request.POST.get("edition"))
    services.restore_card(actor=request.actor, version=version, number=found.number)
    messages.success(request, _("The text of edition %(number)d counts again, as a new edition.") % vars(found))
    return redirect(request, _here(request, version_id) + "?tab=card")


@access.page(Permission.MODEL_VIEW)
@require_GET
def card_file(request: PortalRequest, tenant: str, project: str, version_id: UUID) -> HttpResponseBase:
    version = _version(request, version_id)
    return attached(version.card.encode(), name="card.md", kind="text/markdown; charset=utf-8")


@access.page(Permission.MODEL_PROMOTE)
@require_POST
def version_promote(request: PortalRequest, tenant: str, project: str, version_id: UUID) -> HttpResponse:
    version = _version(request, version_id)
    asked = services.request_promotion(actor=request.actor, version=version)
    if asked.case is None:
        messages.error(request, asked.refusal)
        return redirect(request, _here(request, version_id))
    messages.success(request, _("Asked. Somebody else decides; you can follow it here."))
    return redirect(request, reverse("approvals:case_detail", args=[tenant, asked.case.pk]))


@access.page(Permission.MODEL_REGISTER)
@require_POST
def version_retire(request: PortalRequest, tenant: str, project: str, version_id: UUID) -> HttpResponse:
    version = _version(request, version_id)
    services.retire_version(actor=request.actor, version=version)
    messages.success(request, _("Retired. What serves it goes on until somebody stops the deployment."))
    return redirect(request, _here(request, version_id))


@access.page(Permission.MODEL_VIEW)
@require_GET
def version_chart(request: PortalRequest, tenant: str, project: str, version_id: UUID, name: str) -> JsonResponse:
    version = _version(request, version_id)
    if name not in _CHARTS:
        raise NotFound(_("There is no such chart here."))
    return JsonResponse(_CHARTS[name](version.evaluation.get(name, {})))


def _version(request: PortalRequest, version_id: UUID) -> Any:
    return in_project(request, selectors.get_model_version(actor=request.actor, version_id=version_id))


def _here(request: PortalRequest, version_id: UUID) -> str:
    return reverse("registry:version_detail", args=[request.tenant.slug, request.project.slug, version_id])


def _context(request: PortalRequest, version: Any) -> dict[str, Any]:
    actor = request.actor
    serving = selectors.production_version(actor=actor, model_id=version.model_id)
    case = presentation.open_case(actor, version)
    tab = presentation.chosen_tab(request.GET.get("tab", ""))
    return {
        "version": version,
        "serving": serving,
        "case": case,
        "tab": tab,
        "tabs": presentation.version_tabs(_here(request, version.pk), tab, version),
        "chain": chain_of(actor, "model_version", version.pk),
        "failed_gate": presentation.failed_gate(version),
        "gates": selectors.gates_in_words(version),
        "job": newest_job(request, ("model_version", version.pk))
        if version.stage in {Stage.REGISTERING, Stage.FAILED, Stage.CANCELLED}
        else None,
        "may_promote": access.ask(policies.check_can_ask_promotion, actor, version),
        "may_retire": access.ask(policies.check_can_retire, actor, version),
        "may_edit": access.ask(policies.check_can_edit_card, actor, version),
        "deploy_url": presentation.deploy_url(tenant=request.tenant.slug, version=version),
        "may_deploy": presentation.may(actor, Permission.DEPLOYMENT_CHANGE, version),
        **presentation.tab_context(actor, request.project, version, serving, tab),
        **(presentation.editions_of(version, request.GET.get("edition", "")) if tab == "card" else {}),
    }
