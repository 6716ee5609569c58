"""Groups: made, filled with people, given roles in projects, deleted."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from apps.tenants import selectors, services
from apps.tenants.choices import ROLE_SAYS_IN_PROJECT, HolderKind
from apps.tenants.forms.groups import GroupForm, GroupMemberForm, ProjectRoleForm
from apps.tenants.views.bin import offer_restore
from apps.tenants.views.bin_tables import would_be_kept
from apps.tenants.views.tables import GroupFilter, GroupTable
from apps.tenants.views.tabs import tabs
from foundation import access
from foundation.access import Permission
from foundation.web import redirect, render_page
from foundation.web.editing import alone
from foundation.web.history import history
from foundation.web.pages import offer_undo
from foundation.web.refusals import refusals_on
from foundation.web.requests import PortalRequest
from foundation.web.tables import build_table


@access.page(Permission.MEMBER_MANAGE)
def group_list(request: PortalRequest, tenant: str) -> HttpResponse:
    form = GroupForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            group = services.create_group(actor=request.actor, **form.cleaned_data)
            messages.success(request, _("The group “%(name)s” is made; take people into it.") % {"name": group.name})
            return redirect(request, _address(request, group.pk))
    rows = selectors.groups(actor=request.actor)
    context: dict[str, Any] = {
        "table": build_table(request, GroupTable, rows, filterset_class=GroupFilter),
        "count": rows.count(),
        "form": form,
        "tabs": tabs(request, "groups"),
    }
    return render_page(request, "tenants/group_list.html", status=422 if form.errors else 200, **context)


@access.page(Permission.MEMBER_MANAGE)
def group_detail(request: PortalRequest, tenant: str, group_id: UUID) -> HttpResponse:
    alone(request)
    actor = request.actor
    group = selectors.get_group(actor=actor, group_id=group_id)
    form = GroupForm(request.POST or None, initial={"name": group.name, "description": group.description})
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            services.edit_group(actor=actor, group=group, **form.cleaned_data)
            messages.success(request, _("Saved."))
            return redirect(request, request.path)
    people = selectors.people_of_group(actor=actor, group=group)
    inside = {person.pk for person in people}
    others = [row.user for row in selectors.members(actor=actor) if row.user_id not in inside]
    projects = [(str(project.id), project.name) for project in selectors.projects_of(actor)]
    context: dict[str, Any] = {
        "group": group,
        "people": people,
        "roles": _with_addresses(request, group.pk),
        "form": form,
        "person_form": GroupMemberForm(people=[(str(person.pk), str(person)) for person in others]) if others else None,
        "role_form": ProjectRoleForm(projects=projects) if projects else None,
        "kept_until": would_be_kept(),
        "says": ROLE_SAYS_IN_PROJECT.items(),
        "history": history(actor, ("group", group.pk), names=selectors.names_of),
        "tabs": tabs(request, "groups"),
    }
    return render_page(request, "tenants/group_detail.html", status=422 if form.errors else 200, **context)


@access.page(Permission.MEMBER_MANAGE)
@require_POST
def group_delete(request: PortalRequest, tenant: str, group_id: UUID) -> HttpResponse:
    group = selectors.get_group(actor=request.actor, group_id=group_id)
    offer_restore(request, services.delete_group(actor=request.actor, group=group))
    return redirect(request, reverse("tenants:group_list", args=[tenant]))


@access.page(Permission.MEMBER_MANAGE)
@require_POST
def group_join(request: PortalRequest, tenant: str, group_id: UUID) -> HttpResponse:
    group = selectors.get_group(actor=request.actor, group_id=group_id)
    person = selectors.person_of_tenant(actor=request.actor, user_id=request.POST.get("person", ""))
    if services.add_to_group(actor=request.actor, group=group, user_id=person.pk):
        back = reverse("tenants:group_leave", args=[tenant, group_id, person.pk])
        offer_undo(request, _("%(name)s is in the group.") % {"name": person}, back)
    else:
        messages.info(request, _("%(name)s was in the group already; nothing has changed.") % {"name": person})
    return redirect(request, _address(request, group_id))


@access.page(Permission.MEMBER_MANAGE)
@require_POST
def group_leave(request: PortalRequest, tenant: str, group_id: UUID, user_id: UUID) -> HttpResponse:
    group = selectors.get_group(actor=request.actor, group_id=group_id)
    if services.take_from_group(actor=request.actor, group=group, user_id=user_id):
        back = reverse("tenants:group_join", args=[tenant, group_id])
        offer_undo(request, _("Out of the group, and of what it alone opened."), back, person=user_id)
    else:
        messages.info(request, _("This person was not in the group any more; nothing has changed."))
    return redirect(request, _address(request, group_id))


@access.page(Permission.MEMBER_MANAGE)
@require_POST
def group_role(request: PortalRequest, tenant: str, group_id: UUID) -> HttpResponse:
    """Give the group a role in a project."""
    group = selectors.get_group(actor=request.actor, group_id=group_id)
    project = selectors.project_named(request.actor, request.POST.get("project", ""))
    holder, role = services.Holder(HolderKind.GROUP, group.pk), request.POST.get("role", "")
    services.give_role_in_project(actor=request.actor, project_id=project.id, holder=holder, role=role)
    messages.success(request, _("Whoever is in the group has this role in “%(name)s” now.") % {"name": project.name})
    return redirect(request, _address(request, group_id))


@access.page(Permission.MEMBER_MANAGE)
@require_POST
def group_role_take_back(request: PortalRequest, tenant: str, group_id: UUID, role_id: UUID) -> HttpResponse:
    selectors.get_group(actor=request.actor, group_id=group_id)
    row = selectors.get_project_role(actor=request.actor, role_id=role_id)
    back, before = reverse("tenants:group_role", args=[tenant, group_id]), {"project": row.project_id, "role": row.role}
    services.take_back_role_in_project(actor=request.actor, project_role=row)
    offer_undo(request, _("The role is taken back."), back, **before)
    return redirect(request, _address(request, group_id))


def _with_addresses(request: PortalRequest, group_id: UUID) -> list[dict[str, Any]]:
    """The group's roles, each with where it is taken back."""
    rows = selectors.project_roles(actor=request.actor, holder=(HolderKind.GROUP, group_id))
    base = [request.tenant.slug, group_id]
    return [
        {**vars(row), "take_back_url": reverse("tenants:group_role_take_back", args=[*base, row.id])} for row in rows
    ]


def _address(request: PortalRequest, group_id: UUID) -> str:
    return reverse("tenants:group_detail", args=[request.tenant.slug, group_id])
