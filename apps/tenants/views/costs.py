"""What was used and what it cost: by project, person and model, as a page, a picture, a bill and a file."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpResponse, HttpResponseBase, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from apps.tenants import charts, selectors
from apps.tenants.choices import UsageBy
from apps.tenants.forms.limits import UsageForm
from apps.tenants.selectors import budgets, money, usage
from apps.tenants.selectors import chargeback as bills
from apps.tenants.views.tabs import tabs
from foundation import access
from foundation.access import Permission
from foundation.clock import now
from foundation.errors import NotFound
from foundation.web import render_page
from foundation.web.downloads import attached
from foundation.web.list_files import FORM_LABELS, FORMS, list_file
from foundation.web.requests import PortalRequest

_CSV = "text/csv; charset=utf-8"


@access.page(Permission.USAGE_VIEW)
@require_GET
def usage_page(request: PortalRequest, tenant: str) -> HttpResponse:
    asked = _Asked(request, with_form=True)
    lines = usage.lines(actor=request.actor, wanted=asked.wanted, by=UsageBy.PROJECT)
    context: dict[str, Any] = {
        "form": asked.form,
        "month": str(asked.wanted.month),
        "lines": lines,
        "total": money.total(line.cost for line in lines),
        "uncounted": usage.uncounted(actor=request.actor),
        "parts": [_part(request, asked, by, lines) for by in UsageBy],
        "budgets": budgets.budgets(actor=request.actor, now=now()),
        "chargeback_url": f"{reverse('tenants:chargeback', args=[tenant])}?{asked.query}",
        "files": [
            {"label": FORM_LABELS[form], "url": f"{reverse('tenants:usage_file', args=[tenant, form])}?{asked.query}"}
            for form in FORMS
        ],
        "tabs": tabs(request, "usage"),
    }
    return render_page(request, "tenants/usage.html", status=422 if asked.form.errors else 200, **context)


@access.page(Permission.USAGE_VIEW)
@require_GET
def usage_chart(request: PortalRequest, tenant: str, by: str) -> JsonResponse:
    if by not in UsageBy.values:
        raise NotFound(_("There is no such chart here."))
    wanted = _Asked(request).wanted
    found = usage.series(actor=request.actor, wanted=wanted, by=UsageBy(by))
    return JsonResponse(charts.cost_chart(found, wanted.month))


@access.page(Permission.USAGE_VIEW)
@require_GET
def usage_file(request: PortalRequest, tenant: str, form: str) -> HttpResponseBase:
    wanted = _Asked(request).wanted
    hours = bills.usage_hours(actor=request.actor, wanted=wanted)
    return list_file(hours, bills.HOUR_COLUMNS, form=form, name=f"usage-{tenant}-{wanted.month}")


@access.page(Permission.USAGE_VIEW)
@require_GET
def chargeback(request: PortalRequest, tenant: str) -> HttpResponse:
    asked = _Asked(request, with_form=True)
    context: dict[str, Any] = {
        "form": asked.form,
        "bill": bills.chargeback(actor=request.actor, wanted=asked.wanted),
        "month": str(asked.wanted.month),
        "csv_url": f"{reverse('tenants:chargeback_csv', args=[tenant])}?{asked.query}",
        "tabs": tabs(request, "usage"),
    }
    return render_page(request, "tenants/chargeback.html", status=422 if asked.form.errors else 200, **context)


@access.page(Permission.USAGE_VIEW)
@require_GET
def chargeback_csv(request: PortalRequest, tenant: str) -> HttpResponseBase:
    wanted = _Asked(request).wanted
    content = bills.chargeback_csv(bills.chargeback(actor=request.actor, wanted=wanted))
    return attached(content, name=f"chargeback-{tenant}-{wanted.month}.csv", kind=_CSV)


class _Asked:
    """Month, project and person out of the address; the present month and everything where they are not said.

    What a chart, a file or a bill is about is in the address alone; a page's form offers who used something then.
    """

    def __init__(self, request: PortalRequest, *, with_form: bool = False) -> None:
        actor, moment = request.actor, now()
        months = usage.months_known(actor=actor, now=moment)
        known = [str(month) for month in months]
        chosen = request.GET.get("month", "")
        month = usage.Month.parse(chosen) if chosen in known else months[0]
        projects = [(project.id, project.name) for project in selectors.projects_of(actor)]
        asked = _asked_person(request)
        people = usage.people_seen(actor=actor, month=month, also=asked) if with_form else [(pk, "") for pk in asked]
        self.form = UsageForm(request.GET or None, months=known, projects=projects, people=people)
        said: dict[str, str] = self.form.cleaned_data if self.form.is_bound and self.form.is_valid() else {}
        self.wanted = usage.Wanted(month, _id(said.get("project")), _id(said.get("person")))
        self.query = urlencode({name: value for name, value in {**said, "month": str(month)}.items() if value})


def _asked_person(request: PortalRequest) -> list[UUID]:
    try:
        return [UUID(request.GET.get("person", ""))]
    except ValueError:
        return []


def _part(request: PortalRequest, asked: _Asked, by: UsageBy, projects: list[usage.Line]) -> dict[str, Any]:
    """One way to tell the sums apart: its picture and its table."""
    same = by == UsageBy.PROJECT
    address = reverse("tenants:usage_chart", args=[request.tenant.slug, by.value])
    return {
        "by": by,
        "title": _title(by),
        "chart_url": f"{address}?{asked.query}",
        "lines": projects if same else usage.lines(actor=request.actor, wanted=asked.wanted, by=by),
    }


def _title(by: UsageBy) -> str:
    return {
        UsageBy.PROJECT: _("Cost by project"),
        UsageBy.PERSON: _("Cost by person"),
        UsageBy.MODEL: _("Cost by model"),
    }[by]


def _id(text: str | None) -> UUID | None:
    return UUID(text) if text else None
