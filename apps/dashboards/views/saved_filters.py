"""The filters that a person saved, and those that are shared with them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST
from django_tables2 import Column

from apps.dashboards import forms, policies, selectors, services
from apps.projects import selectors as projects
from foundation import access
from foundation.access import Permission
from foundation.clock import now
from foundation.web import redirect, render_page
from foundation.web.cells import name_cell
from foundation.web.editing import alone
from foundation.web.pages import offer_undo
from foundation.web.refusals import refusals_on
from foundation.web.requests import PortalRequest
from foundation.web.saved_filters import words_of
from foundation.web.tables import PortalTable, build_table


class FilterTable(PortalTable):
    title = gettext_lazy("Saved filters")
    name = Column(verbose_name=gettext_lazy("Name"))
    path = Column(verbose_name=gettext_lazy("List"), order_by=("project__name", "path"))
    query = Column(verbose_name=gettext_lazy("Shows"), orderable=False)
    shared = Column(verbose_name=gettext_lazy("Who sees it"))
    owner = Column(verbose_name=gettext_lazy("By"), order_by="owner__name", default="–")
    change = Column(accessor="pk", verbose_name="", orderable=False, exclude_from_export=True)

    def render_name(self, value: str, record: Any) -> SafeString:
        mark = format_html(' <span class="s-tag">{}</span>', _("opens the list")) if record.default else ""
        return format_html("{}{}", SafeString(name_cell(value, address_of_list(self.request, record))), mark)

    def render_path(self, record: Any) -> SafeString:
        label = selectors.listed_of(record).label
        if record.project is None:
            return format_html("{}", label)
        return format_html("{} · <bdi>{}</bdi>", label, record.project.name)

    def render_query(self, value: str) -> SafeString:
        return shown(value)

    def render_shared(self, value: bool, record: Any) -> Any:
        if not value:
            return _("Only me")
        return _("The project") if record.project_id else _("The organisation")

    def render_owner(self, value: Any) -> SafeString:
        return format_html("<bdi>{}</bdi>", value)

    def render_change(self, record: Any) -> SafeString:
        return format_html('<a href="{}">{}</a>', _address(self.request, "filter_edit", record.pk), _("Change"))


@access.page(Permission.PROJECT_VIEW, own=True)
@require_GET
def filter_list(request: PortalRequest, tenant: str) -> HttpResponse:
    rows = selectors.visible_filters(actor=request.actor)
    context: dict[str, Any] = {"table": build_table(request, FilterTable, rows), "count": rows.count()}
    return render_page(request, "dashboards/filter_list.html", **context)


@access.page(Permission.PROJECT_VIEW, own=True)
@require_POST
def filter_new(request: PortalRequest, tenant: str) -> HttpResponse:
    """What the head of a list sends; back to that list, which now shows what was saved."""
    form = forms.NewFilterForm(request.POST)
    if form.is_valid():
        words = dict(form.cleaned_data)
        slug, path = words.pop("project"), words.pop("list")
        project = projects.get_project(actor=request.actor, slug=slug) if slug else None
        with refusals_on(form):
            saved = services.save_filter(
                actor=request.actor, path=path, project_id=project.pk if project else None, now=now(), **words
            )
            messages.success(request, _("Saved as “%(name)s”.") % {"name": saved.name})
            return redirect(request, address_of_list(request, saved))
    said = shown(form.cleaned_data.get("query", ""))
    return render_page(request, "dashboards/filter_new.html", form=form, shown=said, status=422)


@access.page(Permission.PROJECT_VIEW, own=True)
def filter_edit(request: PortalRequest, tenant: str, filter_id: UUID) -> HttpResponse:
    alone(request)
    saved = selectors.get_filter(actor=request.actor, filter_id=filter_id)
    may_change = access.ask(policies.check_can_change, request.actor, saved)
    initial = {"name": saved.name, "shared": saved.shared, "default": saved.default}  # type: ignore[attr-defined]
    form = forms.SavedFilterForm(request.POST or None, may_change=bool(may_change), initial=initial)
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            services.change_filter(actor=request.actor, saved=saved, **form.cleaned_data)
            messages.success(request, _("Saved."))
            return redirect(request, _address(request, "filter_list"))
    context: dict[str, Any] = {
        "form": form,
        "saved": saved,
        "listed": selectors.listed_of(saved),
        "shown": shown(saved.query),
        "may_change": may_change,
        "list_url": address_of_list(request, saved),
    }
    return render_page(request, "dashboards/filter_edit.html", status=422 if form.errors else 200, **context)


@access.page(Permission.PROJECT_VIEW, own=True)
@require_POST
def filter_delete(request: PortalRequest, tenant: str, filter_id: UUID) -> HttpResponse:
    saved = selectors.get_filter(actor=request.actor, filter_id=filter_id)
    mine = request.actor.user is not None and saved.owner_id == request.actor.user.pk
    flags = {"shared": "on" if saved.shared else None, "default": "on" if saved.default else None}  # type: ignore[attr-defined]
    words = {"name": saved.name, "query": saved.query, "list": saved.path, **flags}
    slug = saved.project.slug if saved.project else ""
    services.delete_filter(actor=request.actor, saved=saved)
    said = _("The saved filter “%(name)s” is deleted.") % {"name": saved.name}
    if mine:
        offer_undo(request, said, _address(request, "filter_new"), project=slug, **words)
    else:
        messages.success(request, said)
    return redirect(request, _address(request, "filter_list"))


def shown(query: str) -> SafeString:
    """The words of a query beside each other, as they stand in an address."""
    pairs = words_of(query)
    return format_html_join(" ", '<span class="s-tag"><bdi dir="ltr">{} = {}</bdi></span>', pairs)


def address_of_list(request: HttpRequest, saved: Any) -> str:
    """The list with the saved filter."""
    return f"{_root(request, saved)}{saved.path}?{saved.query}"


def _root(request: HttpRequest, saved: Any) -> str:
    root = f"/t/{request.tenant.slug}/"  # type: ignore[attr-defined]
    return f"{root}p/{saved.project.slug}/" if saved.project else root


def _address(request: HttpRequest, name: str, *ids: Any) -> str:
    return reverse(f"dashboards:{name}", args=[request.tenant.slug, *ids])  # type: ignore[attr-defined]
