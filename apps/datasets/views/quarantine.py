"""Rows that were set aside: looked through, corrected, given up, replayed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.http import HttpResponse, HttpResponseBase
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods

from apps.datasets import forms, policies, selectors, services
from apps.datasets.choices import Severity
from apps.datasets.views.things import address
from foundation import access
from foundation.access import Permission
from foundation.errors import NotFound
from foundation.figures import number, whole
from foundation.web import redirect, render_page
from foundation.web.downloads import attached
from foundation.web.lake_tables import cell, is_numeric
from foundation.web.pages import unchanged
from foundation.web.refusals import refusals_on
from foundation.web.requests import PortalRequest, in_project

_PAGE = 25


@access.page(Permission.DATASET_VIEW)
@require_http_methods(["GET", "POST"])
def quarantine_detail(request: PortalRequest, tenant: str, project: str, quarantine_id: UUID) -> HttpResponse:
    quarantine = _quarantine(request, quarantine_id)
    if request.method == "POST":
        policies.check_can_mend(request.actor, quarantine)
    if nothing_new := unchanged(request, str(quarantine.lake_snapshot)):
        return nothing_new
    reason = request.GET.get("reason", "")
    columns = [column.name for column in services.columns_of(quarantine)] if quarantine.row_count else []
    form = forms.RowsForm(request.POST if request.method == "POST" else None, columns=columns, reason=reason)
    if form.is_valid() and (answer := _acted(request, quarantine, form)):
        return answer
    context = {
        "quarantine": quarantine,
        "version": quarantine.version,
        "dataset": quarantine.dataset,
        "form": form,
        "replay": selectors.replay_under_way(quarantine),
        "reason": reason,
        "topic": f"dataset_version:{quarantine.version_id}",
        "may_mend": access.ask(policies.check_may_change_rows, request.actor, quarantine),
        "may_replay": access.ask(policies.check_can_replay, request.actor, quarantine),
        "ticked": set(request.POST.getlist("row") or request.GET.getlist("tick")),
        **_rows(request, quarantine, reason),
    }
    return render_page(request, "datasets/quarantine_detail.html", status=422 if form.errors else 200, **context)


def _rows(request: PortalRequest, quarantine: Any, reason: str) -> dict[str, Any]:
    """One page of rows, with the sentences of the expectations that they fail."""
    told = _told(request, quarantine)
    if not quarantine.row_count:
        return {"rows": [], "reasons": []}
    withheld = selectors.untold(request.actor, quarantine.suite, quarantine.version)
    place = max(1, whole(request.GET.get("page"), digits=8) or 1)
    found = services.rows_of(
        actor=request.actor, quarantine=quarantine, offset=(place - 1) * _PAGE, limit=_PAGE, reason=reason
    )
    return {
        "page": Paginator(range(found.count), _PAGE).get_page(place),
        "count": found.count,
        "columns": [
            {"name": one.name, "type": one.type.lower(), "numeric": is_numeric(one.type)} for one in found.columns
        ],
        "hidden": sorted(found.hidden),
        "withheld": bool(withheld),
        "rows": [
            {
                "number": str(row.number),
                "mended": row.mended,
                "reasons": [told.get(one, one) for one in row.reasons],
                "cells": [
                    (cell(value), is_numeric(one.type)) for value, one in zip(row.values, found.columns, strict=True)
                ],
            }
            for row in found.rows
        ],
        "reasons": list(told.items()),
    }


def _told(request: PortalRequest, quarantine: Any) -> dict[str, str]:
    """The expectations that rows may fail, each as a sentence, by their ids."""
    names = selectors.dataset_names(actor=request.actor, project_id=quarantine.project_id)
    expected = services.expectations_of(quarantine.suite)
    blocks = [one for one in expected if one.severity is Severity.BLOCK or not quarantine.is_sample]
    untold = selectors.untold(request.actor, quarantine.suite, quarantine.version)
    return {one.id: services.sentence(one, datasets=names) for one in blocks if one.id not in untold}


def _acted(request: PortalRequest, quarantine: Any, form: forms.RowsForm) -> HttpResponse | None:
    """What the pressed button does with the chosen rows; None where it was refused on the form."""
    act, actor = request.POST.get("act", ""), request.actor
    chosen = form.choice(request.POST.getlist("row"))
    with refusals_on(form):
        if act == "replay":
            version = services.replay_rows(actor=actor, quarantine=quarantine, **chosen)
            messages.success(request, _("The rows are checked anew on their way into the next version."))
            return redirect(request, address(request, "version_detail", version.pk))
        if act == "discard":
            why = form.cleaned_data["reason_given"]
            rows = services.discard_rows(actor=actor, quarantine=quarantine, reason_given=why, **chosen)
            said = ngettext("%(rows)s row was given up.", "%(rows)s rows were given up.", rows)
        else:
            rows = services.mend_rows(actor=actor, quarantine=quarantine, **form.mended(), **chosen)
            said = ngettext("%(rows)s row was corrected.", "%(rows)s rows were corrected.", rows)
        messages.success(request, said % {"rows": number(rows)})
        return redirect(request, request.get_full_path())
    return None


@access.page(Permission.DATASET_CREATE)
@require_http_methods(["GET", "POST"])
def quarantine_row(request: PortalRequest, tenant: str, project: str, quarantine_id: UUID, row: int) -> HttpResponse:
    """One row, cell by cell."""
    quarantine = _quarantine(request, quarantine_id)
    policies.check_can_mend(request.actor, quarantine)
    if quarantine.is_sample:
        return redirect(request, address(request, "quarantine_detail", quarantine.pk))
    try:
        columns, found = services.row_of(actor=request.actor, quarantine=quarantine, number=row)
    except NotFound as gone:
        # Replayed or given up meanwhile, perhaps by somebody else.
        messages.warning(request, gone.sentence)
        return redirect(request, address(request, "quarantine_detail", quarantine.pk))
    told = _told(request, quarantine)
    form = forms.RowForm(
        request.POST if request.method == "POST" else None,
        columns=[(column.name, column.type) for column in columns],
        values=found.values,
        faults=_faults(quarantine, found.reasons, told),
    )
    if form.is_valid() and _changed(request, quarantine, row, form):
        messages.success(
            request, _("Row %(number)d is corrected; replay it to have it checked anew.") % {"number": row}
        )
        # Ticked, for what comes next is its replay.
        return redirect(request, f"{address(request, 'quarantine_detail', quarantine.pk)}?tick={row}")
    context = {
        "quarantine": quarantine,
        "dataset": quarantine.dataset,
        "form": form,
        "row": row,
        "reasons": [told.get(one, one) for one in found.reasons],
    }
    return render_page(request, "datasets/quarantine_row.html", status=422 if form.errors else 200, **context)


def _faults(quarantine: Any, reasons: Sequence[str], told: Mapping[str, str]) -> dict[str, list[str]]:
    """What the row fails, by the columns that it is expected of."""
    found: dict[str, list[str]] = {}
    for one in services.expectations_of(quarantine.suite):
        for column in one.columns if one.id in reasons else ():
            found.setdefault(column, []).append(told.get(one.id, one.id))
    return found


def _changed(request: PortalRequest, quarantine: Any, row: int, form: forms.RowForm) -> bool:
    """All changed cells or none of them."""
    with transaction.atomic():
        for place, column, value in form.changes():
            with refusals_on(form, otherwise=f"c{place}"):
                services.mend_rows(
                    actor=request.actor, quarantine=quarantine, column=column, value=value, numbers=[row]
                )
        if form.errors:
            transaction.set_rollback(True)
    return not form.errors


@access.page(Permission.DATASET_VIEW)
@require_GET
def quarantine_export(
    request: PortalRequest, tenant: str, project: str, quarantine_id: UUID, form: str
) -> HttpResponseBase:
    quarantine = _quarantine(request, quarantine_id)
    rows = services.export_rows(actor=request.actor, quarantine=quarantine, form=form)
    return attached(rows, name=f"quarantine-{quarantine.pk}.{form}", kind=services.EXPORT_KINDS[form])


def _quarantine(request: PortalRequest, quarantine_id: UUID) -> Any:
    return in_project(request, selectors.get_quarantine(actor=request.actor, quarantine_id=quarantine_id))
