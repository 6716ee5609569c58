from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from apps.deployments import selectors, services
from apps.deployments.forms import DeployForm, SplitForm
from apps.deployments.views import presentation
from apps.deployments.views.pages import deployment_of, render_deployment
from apps.registry import selectors as registry
from apps.registry.choices import Stage
from foundation import access
from foundation.access import Permission
from foundation.web import redirect, render_page
from foundation.web.refusals import refusals_on
from foundation.web.requests import PortalRequest, in_project


@access.page(Permission.DEPLOYMENT_VIEW)
def deployment_new(request: PortalRequest, tenant: str, project: str) -> HttpResponse:
    form = _form(request)
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            said = dict(form.cleaned_data)
            revision = services.deploy_version(actor=request.actor, version_id=UUID(said.pop("version")), **said)
            messages.success(request, _("%(revision)s starts; it serves once it answers.") % {"revision": revision})
            return _to(request, revision.deployment_id)
    may = presentation.may(request.actor, Permission.DEPLOYMENT_CHANGE, request.project)
    status = 422 if form.errors else 200
    shown: dict[str, Any] = {"form": form, "may_deploy": may, "estimates": _estimates(request)}
    return render_page(request, "deployments/deployment_new.html", status=status, **shown)


@access.page(Permission.DEPLOYMENT_CHANGE)
@require_POST
def split_change(request: PortalRequest, tenant: str, project: str, deployment_id: UUID) -> HttpResponse:
    deployment = deployment_of(request, deployment_id)
    form = SplitForm(request.POST, revisions=deployment.revisions.all())
    if form.is_valid():
        with refusals_on(form):
            split = {UUID(key): share for key, share in form.split().items()}
            services.set_split(actor=request.actor, deployment=deployment, split=split)
            messages.success(request, _("The split is changed; the gateway follows within a second."))
            return _to(request, deployment_id)
    return render_deployment(request, deployment, "traffic", status=422, split_form=form)


@access.page(Permission.DEPLOYMENT_CHANGE)
@require_POST
def rollback(request: PortalRequest, tenant: str, project: str, deployment_id: UUID) -> HttpResponse:
    deployment = deployment_of(request, deployment_id)
    target = services.roll_back(actor=request.actor, deployment=deployment)
    messages.success(request, _("All traffic goes to revision %(number)s again.") % {"number": target.number})
    return _to(request, deployment_id)


@access.page(Permission.DEPLOYMENT_CHANGE)
@require_POST
def deployment_stop(request: PortalRequest, tenant: str, project: str, deployment_id: UUID) -> HttpResponse:
    deployment = deployment_of(request, deployment_id)
    services.stop_deployment(actor=request.actor, deployment=deployment)
    messages.success(request, _("“%(name)s” is out of service.") % {"name": deployment.name})
    return _to(request, deployment_id)


@access.page(Permission.DEPLOYMENT_CHANGE)
@require_POST
def revision_stop(request: PortalRequest, tenant: str, project: str, revision_id: UUID) -> HttpResponse:
    revision = _revision(request, revision_id)
    services.stop_revision(actor=request.actor, revision=revision)
    messages.success(request, _("Revision %(number)s is stopped.") % {"number": revision.number})
    return _to(request, revision.deployment_id)


@access.page(Permission.DEPLOYMENT_CHANGE)
@require_POST
def revision_restart(request: PortalRequest, tenant: str, project: str, revision_id: UUID) -> HttpResponse:
    revision = _revision(request, revision_id)
    services.restart_revision(actor=request.actor, revision=revision)
    messages.success(request, _("Revision %(number)s starts again.") % {"number": revision.number})
    return _to(request, revision.deployment_id)


def _revision(request: PortalRequest, revision_id: UUID) -> Any:
    return in_project(request, selectors.get_revision(actor=request.actor, revision_id=revision_id))


def _to(request: PortalRequest, deployment_id: UUID) -> HttpResponse:
    place = [request.tenant.slug, request.project.slug, deployment_id]
    return redirect(request, reverse("deployments:deployment_detail", args=place))


def _estimates(request: PortalRequest) -> list[Any]:
    """What a replica would cost in each size, for whoever may see costs here."""
    if not access.can(request.actor, Permission.USAGE_VIEW, request.project):
        return []
    return services.estimate_choices(actor=request.actor, project_id=request.project.pk)


def _form(request: PortalRequest) -> DeployForm:
    actor, project_id = request.actor, request.project.pk
    versions = registry.visible_versions(actor=actor, project_id=project_id).filter(stage=Stage.PRODUCTION)
    known: Any = selectors.visible_deployments(actor=actor, project_id=project_id)
    chosen = request.GET.get("version", "")
    version = next((v for v in versions if str(v.pk) == chosen), None) or next(iter(versions), None)
    same = next((d for d in known if version and d.model_id == version.model_id), None)
    slug = same.slug if same else services.address_from(version.model.name) if version else ""
    return DeployForm(
        request.POST or None,
        initial={"version": chosen, "slug": slug, "name": same.name if same else ""},
        versions=[(str(v.pk), str(v)) for v in versions],
        slugs=[deployment.slug for deployment in known[:8]],
    )
