"""Defining a feature view: SQL tried on a sample, then kept for good."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.utils.translation import gettext as _

from apps.datasets import selectors as datasets
from apps.features import forms, selectors, services
from apps.features.choices import ViewKind
from apps.features.errors import DefinitionRefused
from apps.features.views import examples
from apps.features.views.column_offers import chosen_versions, offered, stream_choices, versions_behind
from apps.features.views.presentation import similar_in_words
from apps.features.views.things import address, as_id, kinds, view_of
from foundation import access
from foundation.access import Permission
from foundation.errors import Conflict, Invalid, NotFound
from foundation.web import redirect, render_page
from foundation.web.lake_tables import sample_rows
from foundation.web.refusals import refusals_on
from foundation.web.requests import PortalRequest

_OF_ENTITY = {"name": "new_entity", "key_types": "key_type"}


@access.page(Permission.FEATURE_DEFINE)
def view_define(request: PortalRequest, tenant: str, project: str) -> HttpResponse:
    act = request.POST.get("act", "preview") if request.method == "POST" else ""
    begun = _begun(request)
    form = _form(request, act, begun)
    context: dict[str, Any] = {"form": form, "tabs": kinds(request, "sql")}
    if act == "columns":
        form.as_typed()
    if act == "preview" and form.check_for_preview():
        with refusals_on(form, otherwise="sql"):
            context |= _preview(request, form)
    if act == "similar" and form.check_for_preview():
        with refusals_on(form, otherwise="sql"):
            context["similar"] = _similar(request, form)
    if act == "create" and form.is_valid() and form.check_entity():
        with refusals_on(form, otherwise="sql"):
            return _create(request, form)
    chosen = chosen_versions(request, form)
    context["columns"] = offered(request, context.get("sample"), chosen, anew=act == "columns")
    read = versions_behind(request, context["reads"]) if "reads" in context else chosen
    context["expected"] = services.expect_view(**about(request, form), kind=ViewKind.SQL, inputs=read)
    context["example"] = examples.of_view(request, begun)
    context["entities"] = selectors.visible_entities(actor=request.actor, project_id=request.project.pk)
    status = 422 if act in {"preview", "similar", "create"} and form.errors else 200
    return render_page(request, "features/view_define.html", status=status, **context)


def about(request: PortalRequest, form: forms.ViewForm | forms.WindowsForm) -> dict[str, Any]:
    """Of which view a version is estimated, by the name typed so far."""
    return {"actor": request.actor, "project_id": request.project.pk, "name": str(form["name"].value() or "").strip()}


def _begun(request: PortalRequest) -> Any:
    """The view named by ?from=, of which the next version is defined."""
    asked = request.GET.get("from", "")
    if not asked:
        return None
    view = view_of(request, as_id(asked))
    if view.kind != ViewKind.SQL:
        raise NotFound(_("This view is not made by SQL."))
    return view


def _form(request: PortalRequest, act: str, begun: Any) -> forms.ViewForm:
    actor, pk = request.actor, request.project.pk
    versions = [(str(v.pk), str(v)) for v in datasets.ready_versions(actor=actor, project_id=pk)]
    versions = [*stream_choices(request), *versions]
    found = selectors.visible_entities(actor=actor, project_id=pk)
    entities = [(str(e.pk), f"{e.name} ({', '.join(e.join_keys)})") for e in found]
    form = forms.ViewForm(
        request.POST if act else None,
        versions=versions,
        entities=entities,
        initial=_initial(begun),
        more=int(act == "add"),
    )
    return form.as_typed() if act == "add" else form


def _initial(view: Any) -> dict[str, Any]:
    """The definition of a view, as its next version begins."""
    if view is None:
        return {}
    words = {name: getattr(view, name) for name in ("name", "sql", "event_time", "description")}
    words |= {"inputs": services.inputs_said(view), "created_column": services.created_said(view)}
    words["timeless_inputs"] = ", ".join(view.timeless_inputs)
    said = forms.DescriptionForm.said_of(view)
    return {**words, **said, "entity": str(view.entity_id), **forms.ViewForm.ttl_of(view.ttl_seconds)}


def _inputs(request: PortalRequest, form: forms.ViewForm) -> dict[str, UUID]:
    chosen = form.cleaned_data
    return datasets.inputs_by_name(
        actor=request.actor, project_id=request.project.pk, sql=chosen["sql"], given=chosen["inputs"]
    )


def _preview(request: PortalRequest, form: forms.ViewForm) -> dict[str, Any]:
    inputs = _inputs(request, form)
    sql = form.cleaned_data["sql"]
    found = services.preview_sql(actor=request.actor, project=request.project, sql=sql, inputs=inputs)
    said = form.so_far()
    event_time = said["view"].get("event_time", "")
    chosen = dict(stream_choices(request))
    follows = any(str(pk) in chosen for pk in inputs.values())
    keys = _keys_so_far(request, said)
    notes = services.notes_on_rows(found, keys, event_time, left_out=follows)
    when = {name: said["view"][name] for name in ("event_time", "created_column", "timeless_inputs")}
    notes += services.future_seen(actor=request.actor, sql=sql, inputs=inputs, keys=keys, **when)
    named = {v.pk: str(v) for v in datasets.ready_versions(actor=request.actor, project_id=request.project.pk)}
    guessed = [(alias, named[pk]) for alias, pk in inputs.items() if alias not in form.cleaned_data["inputs"]]
    return {
        "sample": sample_rows(found),
        "warnings": [*services.warnings_of_sql(sql, event_time), *notes],
        "found": guessed,
        "reads": [str(pk) for pk in inputs.values()],
        "written": _written(request, form, inputs),
    }


def _keys_so_far(request: PortalRequest, said: dict[str, Any]) -> list[str]:
    rows = selectors.visible_entities(actor=request.actor, project_id=request.project.pk)
    return next((entity.join_keys for entity in rows if str(entity.pk) == said["entity"]), list(said["join_keys"]))


def _written(request: PortalRequest, form: forms.ViewForm, inputs: dict[str, UUID]) -> str:
    """What the form says so far as a file holds it."""
    said = form.so_far()
    rows = selectors.visible_entities(actor=request.actor, project_id=request.project.pk)
    chosen = next((entity.name for entity in rows if str(entity.pk) == said["entity"]), said["new_entity"])
    found: dict[str, Any] = {}
    if said["new_entity"] and not said["entity"]:
        found["entities"] = {chosen: {"join_keys": said["join_keys"]}}
    words = services.view_words(request.actor, entity=chosen, inputs=inputs, **said["view"])
    found["views"] = {said["name"] or "…": words}
    return services.text_of(found)


def _similar(request: PortalRequest, form: forms.ViewForm) -> list[dict[str, Any]]:
    """What is there already and like a feature of the SQL, with the reasons; advice, which holds nobody up."""
    typed = form.as_typed_words()
    entities = selectors.visible_entities(actor=request.actor, project_id=request.project.pk)
    entity = entities.filter(pk=typed["entity"]).first() if typed["entity"] else None
    keys = entity.join_keys if entity else typed["join_keys"]
    same = services.similar_to_sql(
        actor=request.actor,
        project=request.project,
        sql=form.cleaned_data["sql"],
        inputs=_inputs(request, form),
        taken=[*keys, typed["event_time"], typed["created_column"]],
        entity=entity.name if entity else typed["new_entity"],
        view_name=typed["name"],
    )
    return similar_in_words(request, same)


@transaction.atomic
def _create(request: PortalRequest, form: forms.ViewForm) -> HttpResponse:
    actor, project, entity = request.actor, request.project, entity_of(request, form)
    inputs = _inputs(request, form)
    view = services.define_view(actor=actor, project=project, entity=entity, inputs=inputs, **form.definition())
    messages.success(request, _("%(view)s is being computed.") % {"view": view})
    return redirect(request, address(request, "view_detail", view.pk))


def entity_of(request: PortalRequest, form: forms.ViewForm | forms.WindowsForm) -> Any:
    """The entity that was chosen, or the new one that the form names."""
    if not form.cleaned_data["entity"]:
        return _new_entity(request, form)
    rows = selectors.visible_entities(actor=request.actor, project_id=request.project.pk)
    return rows.get(pk=form.cleaned_data["entity"])


def _new_entity(request: PortalRequest, form: forms.ViewForm | forms.WindowsForm) -> Any:
    """The entity that the form names; what is wrong with its name stands at the entity's field, not at the view's."""
    name = form.cleaned_data["new_entity"]
    try:
        return services.define_entity(
            actor=request.actor, project=request.project, name=name, join_keys=form.keys(), key_types=form.key_types()
        )
    except Invalid as refusal:
        renamed = {_OF_ENTITY.get(field, field): said for field, said in refusal.fields.items()}
        raise DefinitionRefused(refusal.sentence, fields=renamed) from refusal
    except Conflict as refusal:
        raise DefinitionRefused(refusal.sentence, fields={"new_entity": [refusal.sentence]}) from refusal
