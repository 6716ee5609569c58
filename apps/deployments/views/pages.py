from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse, JsonResponse
from django.views.decorators.http import require_GET

from apps.deployments import charts, policies, selectors
from apps.deployments.choices import RevisionState
from apps.deployments.forms import SplitForm
from apps.deployments.views import keys, presentation, snippets
from apps.deployments.views.tables import DeploymentFilter, DeploymentTable
from foundation import access
from foundation.access import Permission
from foundation.web import render_page
from foundation.web.chain import chain_of
from foundation.web.jobs_pages import newest_job
from foundation.web.requests import PortalRequest, in_project
from foundation.web.tables import build_table


@access.page(Permission.DEPLOYMENT_VIEW)
@require_GET
def deployment_list(request: PortalRequest, tenant: str, project: str) -> HttpResponse:
    actor = request.actor
    rows = selectors.visible_deployments(actor=actor, project_id=request.project.pk)
    live = selectors.live_stats_of_all(actor=actor)
    context: dict[str, Any] = {
        "table": build_table(request, DeploymentTable, rows, filterset_class=DeploymentFilter, live=live),
        "counts": presentation.summary(list(rows), live is not None),
        "gateway_answers": live is not None,
        "topic": f"project:{request.project.pk}",
        "may_deploy": presentation.may(actor, Permission.DEPLOYMENT_CHANGE, request.project),
        "snippets": snippets.for_new(project),
    }
    return render_page(request, "deployments/deployment_list.html", **context)


@access.page(Permission.DEPLOYMENT_VIEW)
@require_GET
def deployment_detail(request: PortalRequest, tenant: str, project: str, deployment_id: UUID) -> HttpResponse:
    deployment = deployment_of(request, deployment_id)
    chosen = request.GET.get("tab", "")
    tab = chosen if chosen in presentation.TABS and chosen != "try" else presentation.TABS[0]
    return render_deployment(request, deployment, tab)


@access.page(Permission.DEPLOYMENT_VIEW)
@require_GET
def deployment_live(request: PortalRequest, tenant: str, project: str, deployment_id: UUID) -> JsonResponse:
    deployment = deployment_of(request, deployment_id)
    stats = selectors.live_stats(actor=request.actor, deployment_id=deployment.pk)
    return JsonResponse(charts.live_chart(stats))


def deployment_of(request: PortalRequest, deployment_id: UUID) -> Any:
    return in_project(request, selectors.get_deployment(actor=request.actor, deployment_id=deployment_id))


def render_deployment(
    request: PortalRequest, deployment: Any, tab: str, status: int = 200, **more: Any
) -> HttpResponse:
    """The page with one of its tabs; also after a form of it was refused."""
    template = "deployments/deployment_detail.html"
    return render_page(
        request, template, status=status, **_shared(request, deployment, tab), **_of(request, deployment, tab, more)
    )


def _shared(request: PortalRequest, deployment: Any, tab: str) -> dict[str, Any]:
    actor, serves = request.actor, presentation.serving(deployment)
    newest = next(iter(deployment.revisions.all()), None)
    target, _serving = selectors.rollback_target(deployment.revisions.all())
    live = selectors.live_stats(actor=actor, deployment_id=deployment.pk)
    return {
        "deployment": deployment,
        "topic": f"deployment:{deployment.pk}",
        "address": selectors.address_of(deployment),
        "tab": tab,
        "tabs": presentation.tabs(request.tenant.slug, deployment, tab),
        "chain": chain_of(actor, "revision", (serves or [newest])[0].pk) if newest else [],
        "newest": newest,
        "serving": serves,
        "live": live,
        "health": presentation.health(deployment, live is not None),
        "p95": presentation.milliseconds(live.slowest("p95") if live else None),
        "job": newest_job(request, ("revision", newest.pk))
        if newest and newest.state in {RevisionState.STARTING, RevisionState.FAILED}
        else None,
        "target": target,
        "may_roll_back": access.ask(policies.check_can_roll_back, actor, deployment),
        "may_change": access.ask(policies.check_can_change, actor, deployment),
        "may_stop": access.ask(policies.check_can_stop_serving, actor, deployment),
    }


def _of(request: PortalRequest, deployment: Any, tab: str, more: dict[str, Any]) -> dict[str, Any]:
    """What the tab needs, and nothing of the others."""
    actor = request.actor
    if tab == "traffic":
        live = selectors.live_stats(actor=actor, deployment_id=deployment.pk)
        form = more.pop("split_form", None) or SplitForm(revisions=deployment.revisions.all())
        rows = presentation.revision_rows(actor, deployment, live, form)
        return {"stats": presentation.stats(live), "split_form": form, "rows": rows}
    if tab == "use":
        version = selectors.version_to_show(deployment)
        features, example = version.input_schema["features"], selectors.example_row(version)
        by_keys = keys.of_use(request, deployment, features, example)
        return {"snippets": snippets.for_deployment(deployment, features, example), **by_keys}
    if tab == "log":
        chosen = request.GET.get("revision", "")
        shown = next((r for r in deployment.revisions.all() if str(r.number) == chosen), None)
        shown = shown or next(iter(deployment.revisions.all()), None)
        return {"shown": shown, "log_topic": presentation.log_topic(shown)}
    return {"history": presentation.history(actor, deployment)} if tab == "activity" else more
