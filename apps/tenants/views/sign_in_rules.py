"""How members of the tenant sign in."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.utils.translation import gettext as _

from apps.tenants import selectors, services
from apps.tenants.forms.factors import SecondFactorRuleForm
from apps.tenants.views.tabs import tabs
from foundation import access
from foundation.access import Permission
from foundation.clock import now
from foundation.web import redirect, render_page
from foundation.web.editing import alone
from foundation.web.refusals import refusals_on
from foundation.web.requests import PortalRequest


@access.page(Permission.TENANT_MANAGE)
def sign_in_rules(request: PortalRequest, tenant: str) -> HttpResponse:
    alone(request)
    without = list(selectors.members_without_factor(actor=request.actor))
    has_one = request.actor.user is not None and request.actor.user.second_factor_at is not None
    # Whoever has none themselves is refused before any question of others comes up.
    met, due = len(without) if has_one else 0, request.tenant.second_factor_due
    form = SecondFactorRuleForm(request.POST or None, due=due, now=now(), without=met)
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            said = {name: form.cleaned_data[name] for name in ("required", "grace_days")}
            services.set_second_factor_rule(actor=request.actor, **said, now=now())
            messages.success(request, _("Saved."))
            return redirect(request, request.path)
    context: dict[str, Any] = {
        "form": form,
        "due": request.tenant.second_factor_due,
        "in_force": bool(request.tenant.second_factor_due and request.tenant.second_factor_due <= now()),
        "without": without,
        "has_one": has_one,
        "tabs": tabs(request, "sign_in"),
    }
    return render_page(request, "tenants/sign_in_rules.html", status=422 if form.errors else 200, **context)
