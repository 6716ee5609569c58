"""Who works in a project: the roles given in it, and everybody who sees it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from apps.projects import policies
from apps.projects.forms import RoleForm
from apps.projects.views.tabs import tabs
from apps.tenants import selectors as tenants
from apps.tenants import services
from apps.tenants.choices import ROLE_SAYS_IN_PROJECT
from foundation import access
from foundation.access import Permission
from foundation.web import redirect, render_page
from foundation.web.refusals import refusals_on
from foundation.web.requests import PortalRequest


@access.page(Permission.PROJECT_VIEW)
def project_people(request: PortalRequest, tenant: str, project: str) -> HttpResponse:
    actor, subject = request.actor, request.project
    may = access.ask(policies.check_can_share, actor, subject)
    form = RoleForm(request.POST or None, holders=tenants.possible_holders(actor=actor)) if may else None
    if request.method == "POST" and form is not None and form.is_valid():
        with refusals_on(form):
            holder, role = services.Holder.parse(form.cleaned_data["holder"]), form.cleaned_data["role"]
            services.give_role_in_project(actor=actor, project_id=subject.pk, holder=holder, role=role)
            messages.success(request, _("The role is given."))
            return redirect(request, request.path)
    context: dict[str, Any] = {
        "form": form,
        "may_share": may,
        "roles": _with_addresses(request),
        "says": ROLE_SAYS_IN_PROJECT.items(),
        "people": tenants.who_can(actor=actor, permission=Permission.PROJECT_VIEW, project_id=subject.pk),
        "tabs": tabs(request, "people"),
    }
    status = 422 if form is not None and form.errors else 200
    return render_page(request, "projects/project_people.html", status=status, **context)


@access.page(Permission.PROJECT_VIEW)
@require_POST
def role_take_back(request: PortalRequest, tenant: str, project: str, role_id: UUID) -> HttpResponse:
    row = tenants.get_project_role(actor=request.actor, role_id=role_id)
    services.take_back_role_in_project(actor=request.actor, project_role=row)
    messages.success(request, _("The role is taken back."))
    return redirect(request, reverse("projects:project_people", args=[tenant, project]))


def _with_addresses(request: PortalRequest) -> list[dict[str, Any]]:
    base = [request.tenant.slug, request.project.slug]
    rows = tenants.project_roles(actor=request.actor, project_id=request.project.pk)
    return [{**vars(row), "take_back_url": reverse("projects:role_take_back", args=[*base, row.id])} for row in rows]
