"""Project settings › Archive: what it means, what is in the way, and the way back."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from apps.projects import policies, selectors, services
from apps.projects.views.tabs import tabs
from apps.tenants import selectors as tenants
from foundation import access
from foundation.access import Permission
from foundation.web import redirect, render_page
from foundation.web.pages import offer_undo
from foundation.web.refusals import asked, refusals_on
from foundation.web.requests import PortalRequest


@access.page(Permission.PROJECT_VIEW)
def project_archive(request: PortalRequest, tenant: str, project: str) -> HttpResponse:
    """A post archives the project."""
    actor, subject, form = request.actor, request.project, asked()
    if request.method == "POST":
        with refusals_on(form):
            services.archive_project(actor=actor, project=subject)
            said = _("“%(name)s” is archived: it is read from now on, and nothing in it changes.")
            undo_url = reverse("projects:project_restore", args=[tenant, project])
            offer_undo(request, said % {"name": subject.name}, undo_url)
            return redirect(request, request.path)
    may = access.ask(policies.check_can_archive, actor, subject)
    at_work = selectors.at_work(project=subject) if may and subject.archived_at is None else []
    context: dict[str, Any] = {
        "form": form,
        "may_archive": access.ask(lambda _actor: policies.check_nothing_works(at_work), actor) if at_work else may,
        "at_work": [{"row": one, "url": _page_of(request, one)} for one in at_work],
        "stored": _stored(request),
        "tabs": tabs(request, "archive"),
    }
    return render_page(request, "projects/project_archive.html", status=422 if form.errors else 200, **context)


@access.page(Permission.PROJECT_VIEW)
@require_POST
def project_restore(request: PortalRequest, tenant: str, project: str) -> HttpResponse:
    services.restore_project(actor=request.actor, project=request.project)
    messages.success(request, _("“%(name)s” is back, just as it was.") % {"name": request.project.name})
    return redirect(request, reverse("projects:project_archive", args=[tenant, project]))


def _page_of(request: PortalRequest, one: selectors.AtWork) -> str:
    """Where it is ended."""
    if one.kind == "job":
        return reverse("web:job_fragment", args=[request.tenant.slug, one.id])
    return reverse("dashboards:go", args=[request.tenant.slug, one.kind, one.id])


def _stored(request: PortalRequest) -> int | None:
    """The bytes of it that count, for whoever may see usage here."""
    if not access.can(request.actor, Permission.USAGE_VIEW, request.project):
        return None
    return tenants.stored(tenant_id=request.actor.tenant_id, project_id=request.project.pk)
