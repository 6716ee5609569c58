"""An ingestion is set up, changed, or has a span read anew."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.utils.timezone import get_current_timezone_name
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from apps.connections import selectors as connected
from apps.datasets import forms, policies, selectors, services
from apps.datasets.views.presentation import range_of
from apps.datasets.views.things import address, as_id, dataset_of, ingestion_of
from apps.datasets.views.versions import typed
from foundation import access
from foundation.access import Permission
from foundation.clock import now
from foundation.errors import Invalid, PortalError
from foundation.web import redirect, render_page
from foundation.web.editing import alone
from foundation.web.lake_tables import sample_rows
from foundation.web.refusals import refusals_on
from foundation.web.requests import PortalRequest


@access.page(Permission.DATASET_CREATE)
@never_cache
def ingestion_new(request: PortalRequest, tenant: str, project: str) -> HttpResponse:
    """?connection= and ?place= say what is read, ?dataset= into what; without a connection that is asked first."""
    if not request.GET.get("connection"):
        return _ask_where(request)
    connection = connected.get_connection(
        actor=request.actor, connection_id=as_id(request.GET["connection"]), project_id=request.project.pk
    )
    place, into = request.GET.get("place", "")[:2000], request.GET.get("dataset", "")
    dataset = dataset_of(request, as_id(into)) if into else None
    form = _form(request, connection, place, {"zone": get_current_timezone_name()}, dataset=dataset)
    context: dict[str, Any] = {"form": form, "connection": connection, "dataset": dataset, "place": place}
    context |= _look(request, form, connection)
    if _is_saved(request) and form.is_valid() and form.check_target():
        with refusals_on(form):
            made = _create(request, form, connection, dataset)
            messages.success(request, _("Set up. Nothing is read before it is due, or you ask for it."))
            return redirect(request, address(request, "ingestion_detail", made.pk))
    return _answer(request, "datasets/ingestion_new.html", form, context)


@access.page(Permission.DATASET_CREATE)
@never_cache
def ingestion_edit(request: PortalRequest, tenant: str, project: str, ingestion_id: UUID) -> HttpResponse:
    alone(request)
    ingestion = ingestion_of(request, ingestion_id)
    offered = {str(row.pk): row for row in _connections(request)}
    connection = offered.get(request.POST.get("connection", ""), ingestion.connection)
    # What is chosen for another connection's tables would be nonsense here: it is looked at before it is saved.
    moved = _is_saved(request) and request.POST.get("drawn", str(connection.pk)) != str(connection.pk)
    choices = _named(offered.values())
    form = _form(
        request, connection, ingestion.place, _initial(ingestion), dataset=ingestion.dataset, connections=choices
    )
    context: dict[str, Any] = {"form": form, "connection": connection, "dataset": ingestion.dataset, "moved": moved}
    context |= {"ingestion": ingestion, **_look(request, form, connection, asked=moved)}
    if _is_saved(request) and not moved and form.is_valid():
        with refusals_on(form):
            plan = services.Plan(connection.pk, **form.plan_words())
            services.edit_ingestion(actor=request.actor, ingestion=ingestion, plan=plan, now=now())
            messages.success(request, _("Saved."))
            return redirect(request, address(request, "ingestion_detail", ingestion.pk))
    return _answer(request, "datasets/ingestion_edit.html", form, context)


@access.page(Permission.DATASET_CREATE)
def ingestion_backfill(request: PortalRequest, tenant: str, project: str, ingestion_id: UUID) -> HttpResponse:
    ingestion = ingestion_of(request, ingestion_id)
    form = forms.BackfillForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        with refusals_on(form):
            if request.POST.get("act") == "count":
                foreseen = services.foresee_backfill(actor=request.actor, ingestion=ingestion, **form.cleaned_data)
                return _backfill_page(request, form, ingestion, foreseen=foreseen)
            version = services.run_ingestion(actor=request.actor, ingestion=ingestion, **form.cleaned_data)
            messages.success(request, _("The span is being read anew."))
            return redirect(request, address(request, "version_detail", version.pk))
    return _backfill_page(request, form, ingestion)


def _backfill_page(
    request: PortalRequest, form: forms.BackfillForm, ingestion: Any, *, foreseen: services.Foreseen | None = None
) -> HttpResponse:
    newest = selectors.latest_ready(ingestion.dataset)
    columns = selectors.profile_for(request.actor, newest).get("columns", []) if newest else []
    cursor: dict[str, Any] = next((column for column in columns if column["name"] == ingestion.cursor), {})
    context = {
        "form": form,
        "ingestion": ingestion,
        "newest": newest,
        "reach": range_of(cursor) if cursor.get("min") is not None else "",
        "foreseen": foreseen,
        "expected": services.expect_ingestion(actor=request.actor, ingestion=ingestion),
        "may": access.ask(policies.check_can_add, request.actor, ingestion),
    }
    return render_page(request, "datasets/ingestion_backfill.html", status=422 if form.errors else 200, **context)


@access.page(Permission.DATASET_CREATE)
@require_GET
def ingestion_times(request: PortalRequest, tenant: str, project: str) -> HttpResponse:
    """A part of the form: when it would be due the next five times."""
    form = forms.ScheduleFields(request.GET)
    return render_page(request, "datasets/partials/times.html", **_times(form))


def _ask_where(request: PortalRequest) -> HttpResponse:
    choices = _named(_connections(request))
    into = request.GET.get("dataset", "")
    dataset = dataset_of(request, as_id(into)) if into else None
    form = forms.SourceForm(connections=choices, initial={"dataset": into})
    return render_page(request, "datasets/ingestion_where.html", form=form, dataset=dataset, any=bool(choices))


def _connections(request: PortalRequest) -> list[Any]:
    return list(connected.visible_connections(actor=request.actor, project_id=request.project.pk))


def _named(rows: Iterable[Any]) -> list[tuple[str, str]]:
    return [(str(row.pk), f"{row.name} ({row.get_kind_display()})") for row in rows]


def _form(
    request: PortalRequest,
    connection: Any,
    place: str,
    initial: dict[str, Any],
    *,
    dataset: Any,
    connections: Sequence[tuple[str, str]] | None = None,
) -> forms.IngestionForm:
    rows = list(selectors.visible_datasets(actor=request.actor, project_id=request.project.pk))
    named = [(str(row.pk), row.name) for row in rows]
    others = [pair for pair in named if dataset is None or pair[0] != str(dataset.pk)]
    return forms.IngestionForm(
        request.POST if request.method == "POST" else None,
        files=connection.holds_files,
        place=place,
        others=others,
        datasets=None if dataset is not None else named,
        connections=connections,
        initial=initial,
    )


def _initial(ingestion: Any) -> dict[str, Any]:
    named = ("place", "pattern", "mode", "key", "cursor", "review", "zone")
    said = {name: getattr(ingestion, name) for name in named}
    said |= {"connection": str(ingestion.connection_id), "after": str(ingestion.after_id or "")}
    said |= forms.rhythm_of(ingestion.cron)
    return {**typed(ingestion.options), **said}


def _is_saved(request: PortalRequest) -> bool:
    return request.method == "POST" and request.POST.get("act") != "look"


def _look(request: PortalRequest, form: forms.IngestionForm, connection: Any, *, asked: bool = False) -> dict[str, Any]:
    """The first rows and their columns: of a table at once, of files when it is asked for."""
    asked = asked or (request.method == "POST" and request.POST.get("act") == "look")
    if not asked and (request.method == "POST" or connection.holds_files):
        return {}
    if asked and not form.is_valid():
        return {}
    said = form.cleaned_data if asked else form.initial
    if not said.get("place") and not connection.holds_files:
        return {}
    where = {"place": said.get("place", ""), "pattern": said.get("pattern", "")}
    options = form.options() if asked else {}
    try:
        found = services.sample_of(
            actor=request.actor, project=request.project, connection_id=connection.pk, options=options, **where
        )
    except PortalError as refusal:
        return {"problem": refusal.sentence}
    form.offer_columns(found.column_names)
    return {"sample": sample_rows(found)}


def _answer(request: PortalRequest, template: str, form: forms.IngestionForm, context: dict[str, Any]) -> HttpResponse:
    looked = request.method == "POST" and (request.POST.get("act") == "look" or context.get("moved"))
    status = 422 if form.errors or (looked and context.get("problem")) else 200
    return render_page(request, template, status=status, **context, **_times(form))


def _times(form: forms.ScheduleFields) -> dict[str, Any]:
    """The next five times that the form means, or why it means none."""
    if form.is_bound:
        form.is_valid()
        said = form.cleaned_data if hasattr(form, "cleaned_data") else {}
        cron, zone = form.cron_said(), said.get("zone") or "UTC"
    else:
        cron, zone = forms.cron_of(form.initial), form.initial.get("zone") or "UTC"
    if not cron:
        return {"times": [], "times_problem": ""}
    try:
        return {"times": services.next_times(cron=cron, zone=zone, moment=now()), "times_problem": ""}
    except Invalid as refusal:
        return {"times": [], "times_problem": refusal.sentence}


@transaction.atomic
def _create(request: PortalRequest, form: forms.IngestionForm, connection: Any, dataset: Any) -> Any:
    said = form.cleaned_data
    if dataset is None and said["dataset"]:
        dataset = dataset_of(request, UUID(said["dataset"]))
    elif dataset is None:
        dataset = services.create_dataset(actor=request.actor, project=request.project, name=said["name"])
    plan = services.Plan(connection.pk, **form.plan_words())
    return services.create_ingestion(actor=request.actor, dataset=dataset, plan=plan, now=now())
