"""What is expected of a dataset: edited as a draft, tried on the newest version, saved as the next suite."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from apps.datasets import forms, policies, selectors, services
from apps.datasets.choices import ExpectationKind, Severity
from apps.datasets.views import checks
from apps.datasets.views.things import address, dataset_of
from foundation import access
from foundation.access import Permission
from foundation.figures import whole
from foundation.web import redirect, render_page
from foundation.web.refusals import refusals_on
from foundation.web.requests import PortalRequest

Draft = list[dict[str, Any]]


@access.page(Permission.DATASET_CREATE)
@require_http_methods(["GET", "POST"])
def suite_edit(request: PortalRequest, tenant: str, project: str, dataset_id: UUID) -> HttpResponse:
    dataset = dataset_of(request, dataset_id)
    policies.check_can_expect(request.actor, dataset)
    newest = selectors.newest_suite(dataset)
    form = forms.SuiteForm(request.POST if request.method == "POST" else None)
    draft = form.expectations() if form.is_bound else list(newest.expectations if newest else [])
    after = _number(request.POST.get("after")) if form.is_bound else (newest.number if newest else 0)
    act, _sep, subject = request.POST.get("act", "").partition(":")
    # What stands in the open fields was meant, whichever other button was pressed.
    one, draft = (None, draft) if act in {"put", "drop"} else _put(request, dataset, draft)
    if act == "save" and one is None and form.is_valid():
        with refusals_on(form):
            reason = form.cleaned_data["reason"]
            services.save_suite(actor=request.actor, dataset=dataset, expectations=draft, reason=reason, after=after)
            said = _("Saved. The next version is held to it.") if draft else _("Saved. Nothing is expected any more.")
            messages.success(request, said)
            return redirect(request, f"{address(request, 'dataset_detail', dataset.pk)}?tab=checks")
    suggestions = services.suggest(actor=request.actor, dataset=dataset)
    if one is None:
        one, draft = _acted(request, dataset, draft, act, subject, suggestions)
    tried = _tried(request, dataset, draft, form) if act == "try" and one is None and form.is_valid() else None
    context = {
        "dataset": dataset,
        "form": form,
        "one": one,
        "after": after,
        "draft": json.dumps(draft),
        "kinds": ExpectationKind.choices,
        "severities": Severity.choices,
        "newest": newest,
        "version": selectors.latest_ready(dataset),
        **_shown(request, dataset, draft, tried, suggestions),
    }
    bad = bool(form.errors or (one and one.errors))
    return render_page(request, "datasets/suite_edit.html", status=422 if bad else 200, **context)


def _acted(
    request: PortalRequest, dataset: Any, draft: Draft, act: str, subject: str, suggestions: list[Any]
) -> tuple[forms.ExpectationForm | None, Draft]:
    """What a button does to the draft, and the form of one expectation where one is open."""
    if act == "choose":
        kind = request.POST.get("new_kind", "")
        return (_form(request, dataset, kind) if kind in ExpectationKind.values else None), draft
    if act == "edit":
        found = next((one for one in _sound(draft) if one["id"] == subject), None)
        return (_form(request, dataset, found["kind"], found) if found else None), draft
    if act == "put":
        return _put(request, dataset, draft)
    if act == "accept":
        wanted = [one.expectation.as_json() for one in suggestions if subject in {"all", _key(one.expectation)}]
        there = {(one["kind"], tuple(one["columns"])) for one in _sound(draft)}
        return None, draft + [one for one in wanted if (one["kind"], tuple(one["columns"])) not in there]
    return None, _moved([one for one in draft if act != "remove" or one.get("id") != subject], act, subject)


def _moved(draft: Draft, act: str, subject: str) -> Draft:
    """One place up or down."""
    place = next((i for i, one in enumerate(draft) if one.get("id") == subject), -1)
    other = place + {"up": -1, "down": 1}.get(act, 0)
    if place < 0 or not 0 <= other < len(draft):
        return draft
    draft[place], draft[other] = draft[other], draft[place]
    return draft


def _put(request: PortalRequest, dataset: Any, draft: Draft) -> tuple[forms.ExpectationForm | None, Draft]:
    kind = request.POST.get("one-kind", "")
    if kind not in ExpectationKind.values:
        return None, draft
    form = _form(request, dataset, kind, bound=True)
    if form.is_valid():
        with refusals_on(form):
            raw = services.checked_one(form.raw()).as_json()
            if any(one.get("id") == raw["id"] for one in draft):
                return None, [raw if one.get("id") == raw["id"] else one for one in draft]
            return None, [*draft, raw]
    return form, draft


def _form(
    request: PortalRequest, dataset: Any, kind: str, found: dict[str, Any] | None = None, *, bound: bool = False
) -> forms.ExpectationForm:
    version = selectors.latest_ready(dataset)
    columns = {column["name"]: column["type"] for column in version.schema} if version else {}
    names = selectors.dataset_names(actor=request.actor, project_id=dataset.project_id)
    others = sorted(((pk, name) for pk, name in names.items() if pk != str(dataset.pk)), key=lambda one: one[1])
    return forms.ExpectationForm(
        request.POST if bound else None,
        kind=kind,
        columns=columns,
        datasets=others,
        initial=forms.ExpectationForm.initial_of(found) if found else None,
    )


def _tried(request: PortalRequest, dataset: Any, draft: Draft, form: forms.SuiteForm) -> Any:
    with refusals_on(form):
        return services.try_suite(actor=request.actor, dataset=dataset, expectations=draft)
    return None


def _shown(request: PortalRequest, dataset: Any, draft: Draft, tried: Any, suggestions: list[Any]) -> dict[str, Any]:
    names = selectors.dataset_names(actor=request.actor, project_id=dataset.project_id)
    results = {one.id: one.as_json() for one in tried[1].results} if tried else {}
    there = {(one["kind"], tuple(one["columns"])) for one in _sound(draft)}
    open_ones = [s for s in suggestions if (s.expectation.kind.value, s.expectation.columns) not in there]
    return {
        "rows": [checks.row(one, results.get(one.id), names) for one in services.read(_sound(draft))],
        "tried": {"version": tried[0], "row_count": tried[1].row_count} if tried else None,
        "suggestions": [
            {"key": _key(s.expectation), "sentence": services.sentence(s.expectation), "why": s.why} for s in open_ones
        ],
    }


def _sound(draft: Draft) -> Draft:
    """The expectations of a draft that can be read; what somebody else put into the field is not shown."""
    return [one.as_json() for one in services.sound(draft)]


def _key(expectation: Any) -> str:
    """A suggestion by what it says: it is made anew with each request, and its id with it."""
    return f"{expectation.kind.value}/{'/'.join(expectation.columns)}"


def _number(text: str | None) -> int:
    return whole(text, digits=8) or 0


@access.page(Permission.DATASET_VIEW)
@require_GET
def suite_history(request: PortalRequest, tenant: str, project: str, dataset_id: UUID) -> HttpResponse:
    dataset = dataset_of(request, dataset_id)
    suites = list(selectors.visible_suites(actor=request.actor, dataset_id=dataset.pk)[:101])
    names = selectors.dataset_names(actor=request.actor, project_id=dataset.project_id)
    entries = [
        {
            "suite": suite,
            "changes": checks.changes(services.changes_between(before, suite), names),
            "count": len(suite.expectations),
        }
        for suite, before in zip(suites[:100], [*suites[1:], None], strict=False)
    ]
    context = {
        "dataset": dataset,
        "entries": entries,
        "may_expect": access.ask(policies.check_can_expect, request.actor, dataset),
    }
    return render_page(request, "datasets/suite_history.html", **context)


@access.page(Permission.DATASET_CREATE)
@require_POST
def suite_restore(request: PortalRequest, tenant: str, project: str, dataset_id: UUID, number: int) -> HttpResponse:
    dataset = dataset_of(request, dataset_id)
    suite = services.restore_suite(actor=request.actor, dataset=dataset, number=number)
    messages.success(request, _("Restored as number %(number)d.") % {"number": suite.number})
    return redirect(request, address(request, "suite_history", dataset.pk))
