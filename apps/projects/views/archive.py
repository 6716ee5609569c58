"""Project settings › Archive: what it means, what is in the way, the way back, and deletion for ever."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from apps.projects import policies, selectors, services
from apps.projects.forms import NameTypedForm
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
    form = asked()
    if request.method == "POST":
        with refusals_on(form):
            services.archive_project(actor=request.actor, project=request.project)
            said = _("“%(name)s” is archived: it is read from now on, and nothing in it changes.")
            undo_url = reverse("projects:project_restore", args=[tenant, project])
            offer_undo(request, said % {"name": request.project.name}, undo_url)
            return redirect(request, request.path)
    return _page(request, form=form, naming=NameTypedForm())


@access.page(Permission.PROJECT_VIEW)
@require_POST
def project_restore(request: PortalRequest, tenant: str, project: str) -> HttpResponse:
    services.restore_project(actor=request.actor, project=request.project)
    messages.success(request, _("“%(name)s” is back, just as it was.") % {"name": request.project.name})
    return redirect(request, _address(request))


@access.page(Permission.PROJECT_VIEW)
def project_delete(request: PortalRequest, tenant: str, project: str) -> HttpResponse:
    """A post asks for the deletion; whoever comes back from proving who they are reads the page."""
    if request.method != "POST":
        return redirect(request, _address(request))
    form = NameTypedForm(request.POST)
    if form.is_valid():
        with refusals_on(form):
            services.ask_to_delete(actor=request.actor, project=request.project, **form.cleaned_data)
            messages.success(request, _("It is written down."))
            return redirect(request, _address(request))
    return _page(request, form=asked(), naming=form)


@access.page(Permission.PROJECT_VIEW)
@require_POST
def project_keep(request: PortalRequest, tenant: str, project: str) -> HttpResponse:
    services.keep_project(actor=request.actor, project=request.project)
    messages.success(request, _("“%(name)s” stays in the archive.") % {"name": request.project.name})
    return redirect(request, _address(request))


def _page(request: PortalRequest, *, form: Any, naming: NameTypedForm) -> HttpResponse:
    actor, subject = request.actor, request.project
    may = access.ask(policies.check_can_archive, actor, subject)
    at_work = selectors.at_work(project=subject) if may and subject.archived_at is None else []
    in_the_way = access.ask(lambda _actor: policies.check_nothing_works(at_work), actor) if at_work else may
    if may and subject.deletion_due is not None:
        in_the_way = access.ask(lambda _actor: policies.check_stays(subject), actor)
    context: dict[str, Any] = {
        "form": form,
        "may_archive": in_the_way,
        "at_work": _linked(request, at_work),
        "stored": _stored(request),
        "tabs": tabs(request, "archive"),
    }
    if subject.archived_at is not None:
        context |= _deletion(request, naming)
    return render_page(
        request, "projects/project_archive.html", status=422 if form.errors or naming.errors else 200, **context
    )


def _deletion(request: PortalRequest, naming: NameTypedForm) -> dict[str, Any]:
    """What would go and what is in the way: for whoever may delete it."""
    actor, subject = request.actor, request.project
    may = access.ask(policies.check_can_delete, actor, subject)
    made = services.made_elsewhere(project=subject) if may else []
    return {
        "naming": naming,
        "may_delete": may,
        "days": settings.SANAD_PROJECT_DELETION_DAYS,
        "due": subject.deletion_due,
        "deletion": selectors.deletion_of(project=subject) if subject.deletion_due else None,
        "goes": services.what_goes(project=subject) if may else [],
        "made_elsewhere": _linked(request, made),
    }


def _linked(request: PortalRequest, found: Sequence[selectors.AtWork | services.Dependant]) -> list[dict[str, Any]]:
    return [{"row": one, "url": _page_of(request, one)} for one in found]


def _page_of(request: PortalRequest, one: selectors.AtWork | services.Dependant) -> str:
    """Where it is ended."""
    if one.kind == "job":
        return reverse("web:job_fragment", args=[request.tenant.slug, one.id])
    return reverse("dashboards:go", args=[request.tenant.slug, one.kind, one.id])


def _stored(request: PortalRequest) -> int | None:
    """The bytes of it that count, for whoever may see usage here."""
    if not access.can(request.actor, Permission.USAGE_VIEW, request.project):
        return None
    return tenants.stored(tenant_id=request.actor.tenant_id, project_id=request.project.pk)


def _address(request: PortalRequest) -> str:
    return reverse("projects:project_archive", args=[request.tenant.slug, request.project.slug])
