"""Defining windows over events: events looked at, aggregations declared row by row, then kept for good."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.utils.translation import gettext as _

from apps.datasets import selectors as datasets
from apps.features import forms, selectors, services
from apps.features.choices import ViewKind
from apps.features.views import examples
from apps.features.views.column_offers import offered, stream_choices, versions_behind
from apps.features.views.defining import about, entity_of
from apps.features.views.presentation import similar_in_words
from apps.features.views.things import address, as_id, kinds, view_of
from foundation import access
from foundation.access import Permission
from foundation.errors import NotFound
from foundation.figures import whole
from foundation.web import redirect, render_page
from foundation.web.lake_tables import sample_rows
from foundation.web.refusals import refusals_on
from foundation.web.requests import PortalRequest


@access.page(Permission.FEATURE_DEFINE)
def windows_define(request: PortalRequest, tenant: str, project: str) -> HttpResponse:
    act = _act(request)
    begun = _begun(request)
    form = _form(request, act, begun)
    context: dict[str, Any] = {"form": form, "tabs": kinds(request, "windows")}
    if act == "preview" and form.check_for_preview():
        with refusals_on(form, otherwise="sql"):
            found = services.preview_events(actor=request.actor, project=request.project, **_events(form))
            sql = form.events().get("sql", "")
            context["sample"] = sample_rows(found)
            context["warnings"] = services.warnings_of_sql(sql) if sql else []
    if act == "similar":
        context["similar"] = _similar(request, form)
    if act in {"create", "file"} and form.is_valid() and form.check_entity():
        with refusals_on(form, otherwise="source"):
            if act == "create":
                return _create(request, form)
            context["written"] = services.text_of_made(lambda: _written(request, form))
    context["example"] = examples.of_windows(request, begun)
    chosen = _version_of(request, form)
    context["columns"] = offered(request, context.get("sample"), chosen, anew=act == "columns")
    context["expected"] = services.expect_view(**about(request, form), kind=ViewKind.WINDOWS, inputs=chosen)
    status = 422 if act in {"preview", "create", "file"} and form.errors else 200
    return render_page(request, "features/windows_define.html", status=status, **context)


def _act(request: PortalRequest) -> str:
    if request.method != "POST":
        return ""
    return "remove" if "remove" in request.POST else request.POST.get("act", "preview")


def _begun(request: PortalRequest) -> Any:
    """The view named by ?from=, of which the next version is defined."""
    asked = request.GET.get("from", "")
    if not asked:
        return None
    view = view_of(request, as_id(asked))
    if view.kind != ViewKind.WINDOWS:
        raise NotFound(_("This view has no windows."))
    return view


def _form(request: PortalRequest, act: str, begun: Any) -> forms.WindowsForm:
    found = selectors.visible_entities(actor=request.actor, project_id=request.project.pk)
    form = forms.WindowsForm(
        request.POST if act else None,
        sources=_sources(request),
        entities=[(str(e.pk), f"{e.name} ({', '.join(e.join_keys)})") for e in found],
        initial=forms.WindowsForm.said_of(begun) if begun else {},
        more=int(act == "add"),
        without=whole(request.POST.get("remove")) if act == "remove" else None,
    )
    return form.as_typed() if act in {"add", "remove", "columns", "similar"} else form


def _similar(request: PortalRequest, form: forms.WindowsForm) -> list[dict[str, Any]]:
    """What is there already and called like one of the aggregations, as they are typed so far."""
    rows = selectors.visible_entities(actor=request.actor, project_id=request.project.pk)
    chosen = next((entity.name for entity in rows if str(entity.pk) == form["entity"].value()), "")
    same = services.similar_by_name(
        actor=request.actor,
        project=request.project,
        names=form.names_typed(),
        entity=chosen or str(form["new_entity"].value() or ""),
        view_name=str(form["name"].value() or ""),
    )
    return similar_in_words(request, same)


def _sources(request: PortalRequest) -> list[tuple[str, Any]]:
    rows = datasets.ready_versions(actor=request.actor, project_id=request.project.pk)
    streams_here = [(f"stream:{pk}", label) for pk, label in stream_choices(request)]
    return [*streams_here, *((f"version:{v.pk}", str(v)) for v in rows)]


def _version_of(request: PortalRequest, form: forms.WindowsForm) -> list[str]:
    """The version whose columns the chosen source has; of a stream its newest."""
    kind, _colon, pk = str(form["source"].value() or "").partition(":")
    return versions_behind(request, [pk]) if kind == "stream" else [pk]


def _events(form: forms.WindowsForm) -> dict[str, Any]:
    told = form.events()
    return {name: as_id(value) if name.endswith("_id") else value for name, value in told.items()}


@transaction.atomic
def _create(request: PortalRequest, form: forms.WindowsForm) -> HttpResponse:
    view = _defined(request, form)
    messages.success(request, _("%(view)s is being computed.") % {"view": view})
    return redirect(request, address(request, "view_detail", view.pk))


def _defined(request: PortalRequest, form: forms.WindowsForm) -> Any:
    return services.define_windows(
        actor=request.actor,
        project=request.project,
        entity=entity_of(request, form),
        **_events(form),
        **form.definition(),
    )


def _written(request: PortalRequest, form: forms.WindowsForm) -> dict[str, dict[str, Any]]:
    """The view, and the entity where the form brings one, as a file holds them."""
    view = _defined(request, form)
    found = {"windows": {view.name: services.window_fields(request.actor, view)}}
    if form.cleaned_data["entity"]:
        return found
    entity = selectors.get_entity(actor=request.actor, entity_id=view.entity_id)
    return {"entities": {entity.name: services.entity_fields(entity)}, **found}
