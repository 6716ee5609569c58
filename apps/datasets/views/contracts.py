"""What is promised of a dataset, and versions that wait because they break it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from apps.datasets import policies, selectors, services
from apps.datasets.choices import ColumnClass
from apps.datasets.views.things import address, dataset_of, version_of
from apps.tenants import selectors as tenants
from foundation import access
from foundation.access import Permission
from foundation.clock import now
from foundation.errors import Conflict
from foundation.web import redirect, render_page
from foundation.web.requests import PortalRequest


@access.page(Permission.DATASET_VIEW)
@require_http_methods(["GET", "POST"])
def contract_detail(request: PortalRequest, tenant: str, project: str, dataset_id: UUID) -> HttpResponse:
    dataset = dataset_of(request, dataset_id)
    if request.method == "POST":
        contract = services.publish_contract(actor=request.actor, dataset=dataset)
        messages.success(request, _("Contract %(number)d stands.") % {"number": contract.number})
        return redirect(request, address(request, "contract_detail", dataset.pk))
    contracts = list(selectors.visible_contracts(actor=request.actor, dataset_id=dataset.pk)[:50])
    context = {
        "dataset": dataset,
        "contract": contracts[0] if contracts else None,
        "columns": _columns(contracts[0]) if contracts else [],
        "earlier": contracts[1:],
        "version": selectors.latest_ready(dataset),
        "may_promise": access.ask(policies.check_can_promise, request.actor, dataset),
    }
    return render_page(request, "datasets/contract_detail.html", **context)


@access.page(Permission.DATASET_VIEW)
@require_POST
def breach_see(request: PortalRequest, tenant: str, project: str, version_id: UUID) -> HttpResponse:
    version = version_of(request, version_id)
    breach = selectors.breach_of(actor=request.actor, version=version)
    if breach is None:
        raise Conflict(_("This version breaks no contract."))
    services.see_breach(actor=request.actor, breach=breach, now=now())
    messages.success(request, _("Noted that you have seen it."))
    return redirect(request, address(request, "version_detail", version.pk))


def breach_of(request: PortalRequest, version: Any) -> dict[str, Any]:
    """How a version breaks the contract, for its page; nothing where it does not."""
    breach = selectors.breach_of(actor=request.actor, version=version)
    if breach is None:
        return {}
    mine = [one for one in breach.consumers if not one["seen_by"]]
    may = any(policies.speaks_for(request.actor, breach, one["owner"]) for one in mine)
    broken = [services.change_told(one) for one in breach.changes]
    return {"breach": breach, "broken": broken, "consumers": _consumers(request, breach), "may_see": may}


def _consumers(request: PortalRequest, breach: Any) -> list[dict[str, Any]]:
    """What is built on the dataset, each with the name of whoever made it; nobody's are left to those who decide."""
    makers = {UUID(one["owner"]) for one in breach.consumers if one["owner"]}
    names = tenants.names_of(actor=request.actor, user_ids=makers)
    return [{**one, "maker": names.get(UUID(one["owner"]), "") if one["owner"] else ""} for one in breach.consumers]


def _columns(contract: Any) -> list[dict[str, Any]]:
    classes = {one.value: one.label for one in ColumnClass}
    return [{**column, "class_label": classes.get(column["class"], "")} for column in contract.schema]
