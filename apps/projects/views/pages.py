from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.utils.translation import gettext as _

from apps.projects import policies, selectors, services
from apps.projects.forms import NewProjectForm, ProjectEditForm
from apps.projects.views.tables import ProjectFilter, ProjectTable
from apps.projects.views.tabs import tabs
from foundation import access
from foundation.access import Permission
from foundation.web import redirect, render_page
from foundation.web.editing import alone
from foundation.web.refusals import refusals_on
from foundation.web.requests import PortalRequest
from foundation.web.tables import build_table


@access.page(Permission.PROJECT_VIEW)
def project_list(request: PortalRequest, tenant: str) -> HttpResponse:
    rows = selectors.visible_projects(actor=request.actor)
    count, archived = selectors.counts(actor=request.actor)
    context: dict[str, Any] = {
        "table": build_table(request, ProjectTable, rows, filterset_class=ProjectFilter),
        "count": count - archived,
        "archived": archived,
        "may_create": access.ask(policies.check_can_create, request.actor),
        "snippets": _snippets(),
    }
    return render_page(request, "projects/project_list.html", **context)


@access.page(Permission.PROJECT_VIEW)
def project_new(request: PortalRequest, tenant: str) -> HttpResponse:
    form = NewProjectForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            project = services.create_project(actor=request.actor, **form.cleaned_data)
            messages.success(request, _("The project “%(name)s” stands. Add data to it next.") % {"name": project.name})
            return redirect(request, f"/t/{tenant}/p/{project.slug}/")
    may = access.ask(policies.check_can_create, request.actor)
    status = 422 if form.errors else 200
    return render_page(request, "projects/project_new.html", status=status, form=form, may_create=may)


@access.page(Permission.PROJECT_VIEW)
def project_edit(request: PortalRequest, tenant: str, project: str) -> HttpResponse:
    alone(request)
    subject = request.project
    initial = {"name": subject.name, "purpose": subject.purpose, "description": subject.description}
    form = ProjectEditForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            services.edit_project(actor=request.actor, project=subject, **form.cleaned_data)
            messages.success(request, _("Saved."))
            return redirect(request, request.path)
    may = access.ask(policies.check_can_edit, request.actor, subject)
    status = 422 if form.errors else 200
    context: dict[str, Any] = {"form": form, "may_edit": may, "tabs": tabs(request, "words")}
    return render_page(request, "projects/project_edit.html", status=status, **context)


def _snippets() -> list[dict[str, Any]]:
    curl = (
        f"curl -X POST {settings.SANAD_PUBLIC_URL}/api/v1/projects/ \\\n"
        "  -H 'Authorization: Bearer snd_…' -H 'Content-Type: application/json' \\\n"
        """  -d '{"slug": "my-project", "name": "My project", "purpose": "…"}'"""
    )
    return [
        {"name": "CLI", "code": "sanad project create my-project --name 'My project' --purpose '…'"},
        {"name": "curl", "code": curl},
    ]
