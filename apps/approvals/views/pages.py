from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from apps.approvals import policies, selectors, services
from apps.approvals.forms import AccessForm, CommentForm, DecisionForm
from apps.approvals.views import presentation
from apps.approvals.views.tables import CaseFilter, CaseTable
from foundation import access
from foundation.access import Permission
from foundation.clock import now
from foundation.errors import Invalid
from foundation.web import redirect, render_page
from foundation.web.chain import chain_of
from foundation.web.refusals import refusals_on
from foundation.web.requests import PortalRequest
from foundation.web.tables import build_table

_ROWS = {"waiting": selectors.waiting_for, "mine": selectors.asked_by, "all": selectors.visible_cases}


@access.page(Permission.APPROVAL_VIEW, own=True)
@require_GET
def case_list(request: PortalRequest, tenant: str) -> HttpResponse:
    shown = request.GET.get("show", "waiting")
    rows = _ROWS.get(shown, selectors.waiting_for)(actor=request.actor)
    waiting = selectors.waiting_for(actor=request.actor)
    context: dict[str, Any] = {
        "table": build_table(request, CaseTable, rows, filterset_class=CaseFilter),
        "shown": shown if shown in _ROWS else "waiting",
        "waiting": waiting.count(),
        "first": waiting.first(),
        "moment": now(),
        "topic": f"tenant:{request.actor.tenant_id}",
    }
    context["tabs"] = presentation.list_tabs(tenant, context["shown"], context["waiting"])
    return render_page(request, "approvals/case_list.html", **context)


@access.page(Permission.APPROVAL_VIEW, own=True)
@require_GET
def case_detail(request: PortalRequest, tenant: str, case_id: UUID) -> HttpResponse:
    case = selectors.get_case(actor=request.actor, case_id=case_id)
    return _render_case(request, case)


@access.page(Permission.APPROVAL_VIEW, own=True)
@require_POST
def access_ask(request: PortalRequest, tenant: str) -> HttpResponse:
    form = AccessForm(request.POST)
    if not form.is_valid():
        raise Invalid(_("This request for access cannot be read. Reload the page where you missed it, and ask again."))
    case, is_new = services.ask_for_access(actor=request.actor, **form.cleaned_data)
    asked = _("Asked. The administrators see it now, and the decision will stand here.")
    messages.success(request, asked if is_new else _("You asked for this already, and it waits for a decision."))
    return _back(request, case.pk)


# Who decides, and who takes back, depends on the kind of the case: the policies say.
@access.page(Permission.APPROVAL_VIEW, own=True)
@require_POST
def case_decide(request: PortalRequest, tenant: str, case_id: UUID) -> HttpResponse:
    case = selectors.get_case(actor=request.actor, case_id=case_id)
    form = DecisionForm(request.POST)
    if form.is_valid():
        with refusals_on(form):
            decided = services.decide(actor=request.actor, case=case, **form.cleaned_data)
            said, goes_on_at = presentation.after_decision(request.actor, decided)
            messages.success(request, said)
            return redirect(request, goes_on_at)
    return _render_case(request, case, status=422, decision=form)


@access.page(Permission.APPROVAL_VIEW, own=True)
@require_POST
def case_withdraw(request: PortalRequest, tenant: str, case_id: UUID) -> HttpResponse:
    services.withdraw(actor=request.actor, case=selectors.get_case(actor=request.actor, case_id=case_id))
    messages.success(request, _("Withdrawn. You can ask again at any time."))
    return _back(request, case_id)


@access.page(Permission.APPROVAL_VIEW, own=True)
@require_POST
def case_comment(request: PortalRequest, tenant: str, case_id: UUID) -> HttpResponse:
    case = selectors.get_case(actor=request.actor, case_id=case_id)
    form = CommentForm(request.POST)
    if form.is_valid():
        with refusals_on(form):
            services.comment(actor=request.actor, case=case, **form.cleaned_data)
            return _back(request, case_id, "#comments")
    return _render_case(request, case, status=422, comment=form)


def _back(request: PortalRequest, case_id: UUID, part: str = "") -> HttpResponse:
    return redirect(request, reverse("approvals:case_detail", args=[request.tenant.slug, case_id]) + part)


def _render_case(request: PortalRequest, case: Any, status: int = 200, **forms: Any) -> HttpResponse:
    actor = request.actor
    context: dict[str, Any] = {
        "case": case,
        "moment": now(),
        "chain": chain_of(actor, "approval_case", case.pk),
        "panel": selectors.evidence_panel(actor=actor, case=case),
        "evidence": presentation.flat(case.evidence),
        "void": selectors.void_reason(actor=actor, case=case),
        "deciders": selectors.people_who_decide(actor=actor, case=case),
        "may_decide": access.ask(policies.check_can_decide, actor, case),
        "may_withdraw": access.ask(policies.check_can_withdraw, actor, case),
        "may_comment": access.ask(policies.check_can_comment, actor, case),
        "comments": selectors.comments_of(actor=actor, case=case),
        "history": presentation.history(actor, case.pk),
        "decision_form": forms.get("decision", DecisionForm(initial={"digest": case.subject_digest})),
        "comment_form": forms.get("comment", CommentForm()),
    }
    return render_page(request, "approvals/case_detail.html", status=status, **context)
