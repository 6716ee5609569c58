"""An identity provider of which only the name is known: our addresses to copy there, then what it says of itself."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from apps.tenants import selectors, services
from apps.tenants.forms.single_sign_on import OpenIDForm, SamlForm
from apps.tenants.views.bin_tables import would_be_kept
from apps.tenants.views.provider_addresses import facts_of
from apps.tenants.views.provider_guides import guides_of
from apps.tenants.views.tabs import tabs
from foundation import access
from foundation.access import Permission
from foundation.web import redirect, render_page
from foundation.web.history import history
from foundation.web.refusals import refusals_on
from foundation.web.requests import PortalRequest


def show_draft(request: PortalRequest, provider: Any, form: Any = None) -> HttpResponse:
    """What the provider's administrator asks for first, and where its answer is put in."""
    context: dict[str, Any] = {
        "provider": provider,
        "facts": facts_of(request.tenant.slug, provider),
        "guides": guides_of(provider.kind),
        "kept_until": would_be_kept(),
        "form": form or _form(provider),
        "history": history(request.actor, ("identity_provider", provider.pk), names=selectors.names_of),
        "tabs": tabs(request, "single_sign_on"),
    }
    return render_page(request, "tenants/sso_draft.html", status=422 if form else 200, **context)


@access.page(Permission.TENANT_MANAGE)
@sensitive_post_parameters("client_secret")
@require_POST
def provider_complete(request: PortalRequest, tenant: str, provider_id: UUID) -> HttpResponse:
    provider = selectors.get_identity_provider(actor=request.actor, provider_id=provider_id)
    is_openid = provider.kind == provider.Kind.OIDC
    complete: Any = (
        services.single_sign_on.complete_openid_provider
        if is_openid
        else services.single_sign_on.complete_saml_provider
    )
    form = _form(provider, request.POST, request.FILES)
    if form.is_valid():
        with refusals_on(form):
            complete(actor=request.actor, provider=provider, **form.cleaned_data)
            messages.success(request, _("“%(name)s” is known now; test it next.") % {"name": provider.name})
            return redirect(request, reverse("tenants:provider_detail", args=[tenant, provider_id]))
    return show_draft(request, provider, form)


def _form(provider: Any, *sent: Any) -> OpenIDForm | SamlForm:
    """What is asked of a provider, without the name that the draft has."""
    form = OpenIDForm(*sent) if provider.kind == provider.Kind.OIDC else SamlForm(*sent)
    del form.fields["name"]
    return form
