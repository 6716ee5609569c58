"""Features of the past: rows of a version or of a file, what is wanted of them, a look, and what came of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from apps.datasets import selectors as datasets
from apps.datasets import services as dataset_services
from apps.datasets.choices import ACCEPTED_ENDINGS, ExportFormat
from apps.features import forms, policies, selectors, services
from apps.features.choices import BuildState, ColumnRole
from apps.features.views import history_offers, history_snippets
from apps.features.views.things import activity, address, as_id, retrieval_of, tabs, version_address
from apps.features.views.training_sets import ENGINES
from foundation import access
from foundation.access import Permission
from foundation.clock import now
from foundation.errors import NotFound, PortalError
from foundation.web import redirect, render_page
from foundation.web.downloads import attached
from foundation.web.jobs_pages import newest_job
from foundation.web.lake_tables import rows_table, sample_rows
from foundation.web.pages import unchanged
from foundation.web.refusals import refusals_on
from foundation.web.requests import PortalRequest

Part = dict[str, Any]
# An open table's columns lie apart in a file of Arrow; these three are what a person opens.
_FORMS = (ExportFormat.PARQUET, ExportFormat.CSV, ExportFormat.ARROW)


@access.page(Permission.FEATURE_DEFINE)
@never_cache
def history_define(request: PortalRequest, tenant: str, project: str) -> HttpResponse:
    """Rows first, a version or a file that is sent, then what is wanted of them."""
    versions = datasets.ready_versions(actor=request.actor, project_id=request.project.pk)
    may_send = access.ask(access.require, request.actor, Permission.DATASET_CREATE, request.project)
    context: Part = {"versions": versions, "may_send": may_send, "rows_form": forms.RowsForm()}
    context["accept"] = ",".join(ending for ending in ACCEPTED_ENDINGS if ending != ".tar")
    if request.POST.get("act") == "send":
        context["rows_form"] = form = forms.RowsForm(request.POST, request.FILES)
        if form.is_valid():
            with refusals_on(form, otherwise="file"):
                return _with_file(request, form)
        return render_page(request, "features/history_define.html", status=422, **context)
    where = _rows_of(request, versions, context)
    if where is None:
        return render_page(request, "features/history_define.html", **context)
    return _wanted(request, where, context)


def _with_file(request: PortalRequest, form: forms.RowsForm) -> HttpResponse:
    """On with the file that is here; what cannot be read is said at the file."""
    actor, file = request.actor, form.cleaned_data["file"]
    upload_id = form.cleaned_data["upload"]
    if not upload_id:
        words = {"file": file, "filename": file.name, "size": file.size, "now": now()}
        upload_id = dataset_services.take_file(actor=actor, project=request.project, **words).pk
    services.columns_sent(actor=actor, project=request.project, upload_id=upload_id)
    service = request.GET.get("service", "")
    more = f"&service={service}" if service else ""
    return redirect(request, f"{address(request, 'history_define')}?upload={upload_id}{more}")


def _rows_of(request: PortalRequest, versions: Any, context: Part) -> Part | None:
    """Where the rows come from, in the words of the service; None before anybody has said so."""
    context["base"] = base = next((v for v in versions if str(v.pk) == request.GET.get("base", "")), None)
    if base is not None:
        context |= {"columns": base.schema, "rows_name": str(base)}
        return {"base_version_id": base.pk}
    asked = request.GET.get("upload", "")
    if not asked:
        return None
    upload_id = as_id(asked)
    try:
        name, rows = services.columns_sent(actor=request.actor, project=request.project, upload_id=upload_id)
    except PortalError as error:
        context["gone"] = error.sentence
        return None
    sample = sample_rows(rows.slice(0, 3))
    context |= {"columns": sample["columns"], "rows_name": name, "first_rows": sample}
    return {"upload_id": upload_id}


def _wanted(request: PortalRequest, where: Part, context: Part) -> HttpResponse:
    posted = request.POST if request.method == "POST" else None
    offers, of_services = history_offers.offered(request)
    initial = {"service": request.GET.get("service", "")}
    form = forms.HistoryForm(posted, columns=context["columns"], offers=offers, services=of_services, initial=initial)
    context |= {"form": form, "offered": len(offers)}
    words: Part = {"actor": request.actor, "project": request.project, **where}
    if form.is_valid():
        with refusals_on(form):
            if request.POST.get("act") == "look":
                found = services.look_at_history(**words, **form.definition())
                context |= {"glance": found, "sample": sample_rows(found.rows)}
            else:
                row = services.ask_for_history(**words, **form.definition())
                messages.success(request, _("The features are being joined; the rows are kept for a day."))
                return redirect(request, address(request, "history_detail", row.pk))
    told = {"actor": request.actor, "project_id": request.project.pk, "base_version_id": where.get("base_version_id")}
    context["expected"] = services.expect_history(**told)
    return render_page(request, "features/history_define.html", status=422 if form.errors else 200, **context)


@access.page(Permission.FEATURE_VIEW)
@require_GET
def history_detail(request: PortalRequest, tenant: str, project: str, retrieval_id: UUID) -> HttpResponse:
    row = retrieval_of(request, retrieval_id)
    if nothing_new := unchanged(request, row.state):
        return nothing_new
    ready = row.state == BuildState.READY
    tab = asked if (asked := request.GET.get("tab", "")) in _PARTS and (ready or asked in _ALWAYS) else ""
    tab = tab or ("proof" if ready else "asked")
    names = {
        "proof": (_("Proof"), None),
        "rows": (_("Rows"), None),
        "asked": (_("What was asked for"), None),
        "programs": (_("In programs"), None),
        "activity": (_("Activity"), None),
    }
    may_read = access.ask(policies.check_may_read, request.actor, row)
    context: Part = {
        "row": row,
        "ready": ready,
        "topic": f"retrieval:{row.pk}",
        "early": selectors.early_in_words(row),
        "job": None if ready else newest_job(request, ("retrieval", row.pk)),
        "may_read": may_read,
        "may_define": access.ask(policies.check_can_define, request.actor, request.project),
        "files": _files(request, row) if ready and may_read.allowed else [],
        "tab": tab,
        "tabs": tabs(
            address(request, "history_detail", row.pk),
            tab,
            [(key, *words) for key, words in names.items() if ready or key in _ALWAYS],
        ),
        **_PARTS[tab](request, row),
    }
    return render_page(request, "features/history_detail.html", **context)


def _files(request: PortalRequest, row: Any) -> list[dict[str, str]]:
    return [{"label": str(form.label), "url": address(request, "history_rows", row.pk, form.value)} for form in _FORMS]


def _proof(request: PortalRequest, row: Any) -> Part:
    counts = [
        {
            **count,
            "url": address(request, "view_detail", count["view_id"]),
            "oldest": selectors.oldest_of(count),
            "ahead": services.ahead_in_words(count),
            "looked": services.looked_in_words(count),
        }
        for count in row.leakage_proof.get("views", [])
    ]
    return {
        "proof": row.leakage_proof,
        "counts": counts,
        "engine": ENGINES.get(row.leakage_proof.get("engine", ""), ""),
    }


def _rows(request: PortalRequest, row: Any) -> Part:
    if not access.ask(policies.check_may_read, request.actor, row).allowed:
        return {}
    at, masks = selectors.retrieval_table(row), selectors.masks_of_retrieval(request.actor, row)
    title = _("Rows with their features")
    return {"table": rows_table(request, at, row.columns, row.row_count or 0, title=title, masks=masks)}


def _asked(request: PortalRequest, row: Any) -> Part:
    """What is joined, by which columns of the rows, and what comes out."""
    found = selectors.parts_of_retrieval(actor=request.actor, retrieval=row)
    seen = datasets.visible_versions(actor=request.actor).filter(pk=row.base_version_id).exists()
    shown = [{**column, "role_label": _role(column)} for column in row.columns]
    return {
        "parts": [
            {
                "name": str(thing),
                "url": address(request, "view_detail" if hasattr(thing, "entity") else "on_demand_detail", thing.pk),
                "features": names,
                "by": by,
            }
            for thing, names, by in found.parts
        ],
        "hidden": found.hidden,
        "service": found.service,
        "base_url": version_address(request, row.base_version_id) if seen else "",
        "columns": shown,
    }


def _role(column: Part) -> Any:
    return _("As it was sent") if column["role"] == ColumnRole.LABEL else ColumnRole(column["role"]).label


def _programs(request: PortalRequest, row: Any) -> Part:
    return {"snippets": history_snippets.of_retrieval(request, row)}


def _activity(request: PortalRequest, row: Any) -> Part:
    return activity(request, "retrieval", row)


_ALWAYS = frozenset({"asked", "programs", "activity"})
_PARTS: dict[str, Callable[[PortalRequest, Any], Part]] = {
    "proof": _proof,
    "rows": _rows,
    "asked": _asked,
    "programs": _programs,
    "activity": _activity,
}


@access.page(Permission.FEATURE_DEFINE)
@access.fresh(reading=True)
@require_GET
def history_rows(request: PortalRequest, tenant: str, project: str, retrieval_id: UUID, form: str) -> HttpResponseBase:
    row = retrieval_of(request, retrieval_id)
    if form not in {one.value for one in _FORMS}:
        raise NotFound(_("Rows can be had as Parquet, CSV or Arrow."))
    chosen = ExportFormat(form)
    rows = services.retrieval_stream(actor=request.actor, retrieval=row, form=chosen.value)
    return attached(rows, name=f"features-{row}{chosen.ending}", kind=chosen.media_type)


@access.page(Permission.FEATURE_DEFINE)
@require_POST
def history_delete(request: PortalRequest, tenant: str, project: str, retrieval_id: UUID) -> HttpResponse:
    services.drop_retrieval(actor=request.actor, retrieval=retrieval_of(request, retrieval_id))
    messages.success(request, _("The rows and what was said of them are gone."))
    return redirect(request, f"{address(request, 'feature_list')}?show=history")
