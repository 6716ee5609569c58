"""On-demand features: defined with a preview beside the expressions, and the page of one version."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from apps.features import forms, policies, selectors, services
from apps.features.choices import BuildState
from apps.features.views import examples
from apps.features.views.binned import bin_part
from apps.features.views.presentation import similar_in_words
from apps.features.views.things import activity, address, as_id, client_lines, on_demand_of, tabs
from apps.tenants.choices import BinKind
from foundation import access
from foundation.access import Permission
from foundation.errors import PortalError
from foundation.web import redirect, render_page
from foundation.web.chain import chain_of, users_of
from foundation.web.refusals import refusals_on
from foundation.web.requests import PortalRequest

Part = dict[str, Any]


@access.page(Permission.FEATURE_DEFINE)
def on_demand_define(request: PortalRequest, tenant: str, project: str) -> HttpResponse:
    act = request.POST.get("act", "try") if request.method == "POST" else ""
    begun = on_demand_of(request, as_id(asked)) if (asked := request.GET.get("from", "")) else None
    form = _form(request, act, begun)
    context: Part = {"form": form, "functions": services.functions_in_words()}
    context["example"] = examples.of_on_demand(begun)
    if act == "try" and form.check_for_trying():
        with refusals_on(form, otherwise="features"):
            context |= _tried(request, form)
    if act == "similar":
        context["similar"] = _similar(request, form.as_typed())
    if act in {"create", "file"} and form.is_valid():
        with refusals_on(form, otherwise="features"):
            if act == "create":
                return _create(request, form)
            context["written"] = services.text_of_made(lambda: _written(request, form))
    status = 422 if act and form.errors else 200
    return render_page(request, "features/on_demand_define.html", status=status, **context)


def _form(request: PortalRequest, act: str, begun: Any) -> forms.OnDemandForm:
    views = selectors.visible_views(actor=request.actor, project_id=request.project.pk, newest_only=True)
    offered = list(views.filter(state=BuildState.READY))
    initial = _initial(begun)
    known = {str(view.pk) for view in offered}
    # The next version may go on using what the one before used, though a newer version of it is there.
    older = [UUID(part["view"]) for part in initial.get("uses", []) if part["view"] not in known]
    offered += selectors.visible_views(actor=request.actor, project_id=request.project.pk).filter(
        pk__in=older, state=BuildState.READY
    )
    return forms.OnDemandForm(request.POST if act else None, views=offered, initial=initial)


def _initial(view: Any) -> Part:
    if view is None:
        return {}
    return {
        "name": view.name,
        "request": forms.lines_of(view.request, ":"),
        "features": forms.lines_of({one["name"]: one["expression"] for one in view.features}, "="),
        "uses": view.uses,
        **forms.DescriptionForm.said_of(view),
    }


def _similar(request: PortalRequest, form: forms.OnDemandForm) -> list[Part]:
    """What is there already and called like one of the features, as they are typed so far."""
    same = services.similar_by_name(
        actor=request.actor,
        project=request.project,
        names=form.names_typed(),
        on_demand_name=str(form["name"].value() or ""),
    )
    return similar_in_words(request, same)


def _tried(request: PortalRequest, form: forms.OnDemandForm) -> Part:
    """What the expressions give for what was typed, and for some rows of the views with the same request."""
    words = {"actor": request.actor, "project": request.project, **form.meaning()}
    (empty,) = services.try_definition(**words, rows=[{}])
    meaning = form.meaning()
    declared = dict(meaning["request"])
    views = {view.pk: view for view in selectors.visible_views(actor=request.actor, project_id=request.project.pk)}
    for use in meaning["uses"]:
        view = views[use["view"]]
        types = {feature["name"]: _as_said(feature["type"].lower()) for feature in view.features}
        declared |= {name: types[name] for name in use["features"] or view.feature_names}
    given, inputs, refusal = _given(request, declared)
    found = empty
    if not refusal and given:
        try:
            (found,) = services.try_definition(**words, rows=[given])
        except PortalError as error:
            refusal = error.sentence
    sample = [] if refusal else services.try_on_sample(**words, given=given)
    return {
        "inputs": inputs,
        "found": list(found.items()),
        "try_refusal": refusal,
        "sample": _side_by_side(sample, found),
    }


def _given(request: PortalRequest, declared: Mapping[str, str]) -> tuple[Part, list[tuple[str, str, str, str]], str]:
    """The values that were typed, and each input with its field, declared type and text."""
    source = request.POST if request.method == "POST" else request.GET
    given: Part = {}
    inputs: list[tuple[str, str, str, str]] = []
    refusal = ""
    for name, kind in declared.items():
        text = source.get(f"value_{name}", "")
        inputs.append((f"value_{name}", name, kind, text))
        try:
            value = forms.typed_value(_reckoned_as(kind), text)
        except ValueError:
            refusal = _("“%(name)s” is %(kind)s; what was typed is none.") % {"name": name, "kind": kind}
            continue
        if value is not None:
            given[name] = value
    return given, inputs, refusal


def _reckoned_as(kind: str) -> str:
    """Declared types and SQL types alike, as they are typed."""
    if kind in {"number", "whole number"} or kind.startswith(
        ("int", "big", "small", "tiny", "u", "dec", "dou", "flo", "hug")
    ):
        return "number"
    return "truth" if kind in {"truth", "boolean"} else "text"


def _as_said(sql_type: str) -> str:
    """In the words of request values where there is one: a typed value is asked for alike."""
    kind = _reckoned_as(sql_type)
    return sql_type if kind == "text" and sql_type != "varchar" else kind


def _side_by_side(sample: list[Part], found: Part) -> Part:
    """Rows of a plain table: what was read first, then what was made of it."""
    if not sample:
        return {}
    made = list(found)
    read = [name for name in sample[0] if name not in made]
    return {"read": read, "made": made, "rows": [[row.get(name) for name in [*read, *made]] for row in sample]}


def _create(request: PortalRequest, form: forms.OnDemandForm) -> HttpResponse:
    view = _defined(request, form)
    messages.success(request, _("%(view)s is defined.") % {"view": view})
    return redirect(request, address(request, "on_demand_detail", view.pk))


def _defined(request: PortalRequest, form: forms.OnDemandForm) -> Any:
    return services.define_on_demand(actor=request.actor, project=request.project, **form.definition())


def _written(request: PortalRequest, form: forms.OnDemandForm) -> Part:
    """The features as a file holds them."""
    view = _defined(request, form)
    return {"on_demand": {view.name: services.on_demand_fields(request.actor, view)}}


@access.page(Permission.FEATURE_VIEW)
@require_GET
def on_demand_detail(request: PortalRequest, tenant: str, project: str, on_demand_id: UUID) -> HttpResponse:
    view = on_demand_of(request, on_demand_id, removed=True)
    # Nobody asks what was removed.
    shown = [key for key in _PARTS if not (view.removed_at and key in _ASKED)]
    tab = asked if (asked := request.GET.get("tab", "")) in shown else "features"
    named = [
        ("features", _("Features"), len(view.features)),
        ("try", _("Try it"), None),
        ("online", _("Online"), None),
        ("lineage", _("Lineage and use"), None),
        ("activity", _("Activity"), None),
    ]
    context: Part = {
        "view": view,
        "newest": selectors.versions_of_on_demand(actor=request.actor, view=view).first(),
        "chain": chain_of(request.actor, "on_demand_view", view.pk),
        "may_define": access.ask(policies.check_can_define, request.actor, request.project),
        "gone": selectors.views_gone(actor=request.actor, view=view),
        "deprecated": selectors.deprecated_in_words(view),
        "removed": selectors.removed_in_words(view),
        **bin_part(request, BinKind.ON_DEMAND_VIEW, view),
        "tab": tab,
        "tabs": tabs(address(request, "on_demand_detail", view.pk), tab, [one for one in named if one[0] in shown]),
        **_PARTS[tab](request, view),
    }
    return render_page(request, "features/on_demand_detail.html", **context)


def _used(request: PortalRequest, view: Any) -> list[tuple[Any, str, list[str]]]:
    of_view = {part["view"]: part["features"] for part in view.uses}
    views = selectors.views_used(actor=request.actor, view=view)
    return [(one, address(request, "view_detail", one.pk), of_view[str(one.pk)]) for one in views]


def _features(request: PortalRequest, view: Any) -> Part:
    written = services.text_of({"on_demand": {view.name: services.on_demand_fields(request.actor, view)}})
    ids = {} if view.removed_at else selectors.feature_ids(view)
    pages = {name: address(request, "feature_detail", pk) for name, pk in ids.items()}
    shown = [{**one, "url": pages.get(one["name"], "")} for one in view.features]
    return {"used": _used(request, view), "written": written, "features": shown}


def _try(request: PortalRequest, view: Any) -> Part:
    declared = {name: view.request.get(name, kind) for name, kind in view.inputs.items()}
    given, inputs, refusal = _given(request, declared)
    found: Part = {"inputs": inputs, "try_refusal": refusal}
    if refusal:
        return found
    try:
        (row,) = services.try_on_demand(actor=request.actor, on_demand_id=view.pk, rows=[given])
    except PortalError as error:
        return {**found, "try_refusal": error.sentence}
    return {**found, "found": list(row.items())}


def _online(request: PortalRequest, view: Any) -> Part:
    keys = {key: "…" for part in selectors.views_used(actor=request.actor, view=view) for key in part.entity.join_keys}
    row = {"entity": keys, "request": dict.fromkeys(view.request, None)}
    shown = repr(row).replace("'", '"')
    python = client_lines(request) + f'client.on_demand.online("{view}", [{shown}])'
    body = f'{{"rows": [{shown.replace("None", "null")}]}}'
    curl = (
        f"curl {settings.SANAD_PUBLIC_URL}/api/v1/on-demand-views/{view.pk}/online/ "
        f"-H 'Authorization: Bearer snd_…' \\\n  -H 'Content-Type: application/json' -d '{body}'"
    )
    return {"snippets": [{"name": "Python", "code": python}, {"name": "curl", "code": curl}]}


def _lineage(request: PortalRequest, view: Any) -> Part:
    return {
        "users": users_of(request.actor, "on_demand_view", view.pk),
        "versions": selectors.versions_of_on_demand(actor=request.actor, view=view),
        "used": _used(request, view),
    }


def _activity(request: PortalRequest, view: Any) -> Part:
    return activity(request, "on_demand_view", view)


_PARTS: dict[str, Callable[[PortalRequest, Any], Part]] = {
    "features": _features,
    "try": _try,
    "online": _online,
    "lineage": _lineage,
    "activity": _activity,
}
_ASKED = frozenset({"try", "online"})
