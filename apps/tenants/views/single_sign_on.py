"""Settings, Single sign-on: the tenant's domains, its identity providers, a test of each, and SCIM."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_POST

from apps.tenants import policies, selectors, services
from apps.tenants.choices import ROLE_SAYS
from apps.tenants.forms.single_sign_on import (
    DomainForm,
    DraftForm,
    MappingForms,
    MetadataForm,
    OpenIDForm,
    ProviderForm,
    SamlForm,
    ScimTokenForm,
)
from apps.tenants.views.bin import offer_restore
from apps.tenants.views.bin_tables import would_be_kept
from apps.tenants.views.provider_addresses import facts_of, record_of
from apps.tenants.views.provider_drafts import show_draft
from apps.tenants.views.provider_guides import guides_of
from apps.tenants.views.single_sign_on_door import TESTED, send_there
from apps.tenants.views.tabs import tabs
from foundation import access
from foundation.access import Permission
from foundation.clock import now
from foundation.web import redirect, render_page
from foundation.web.editing import alone
from foundation.web.history import history
from foundation.web.refusals import asked, refusals_on
from foundation.web.requests import PortalRequest

_MANAGE = access.page(Permission.TENANT_MANAGE)


@_MANAGE
@never_cache
def provider_list(request: PortalRequest, tenant: str) -> HttpResponse:
    return _show_list(request)


@_MANAGE
@require_POST
def domain_claim(request: PortalRequest, tenant: str) -> HttpResponse:
    form = DomainForm(request.POST)
    if form.is_valid():
        with refusals_on(form):
            domain = services.single_sign_on.claim_domain(
                actor=request.actor, name=form.cleaned_data["name"], now=now()
            )
            messages.success(request, _("“%(name)s” is claimed; now prove it.") % {"name": domain.name})
            return redirect(request, _list(request, "domains"))
    return _show_list(request, domain_form=form)


@_MANAGE
@require_POST
def domain_prove(request: PortalRequest, tenant: str, domain_id: UUID) -> HttpResponse:
    domain = selectors.get_email_domain(actor=request.actor, domain_id=domain_id)
    refused = asked()
    with refusals_on(refused):
        services.single_sign_on.prove_domain(actor=request.actor, domain=domain, now=now())
        messages.success(request, _("“%(name)s” is proven.") % {"name": domain.name})
        return redirect(request, _list(request, "domains"))
    return _show_list(request, domain_id=domain.pk, refused=refused)


@_MANAGE
@require_POST
def domain_release(request: PortalRequest, tenant: str, domain_id: UUID) -> HttpResponse:
    domain = selectors.get_email_domain(actor=request.actor, domain_id=domain_id)
    refused = asked()
    with refusals_on(refused):
        services.single_sign_on.release_domain(actor=request.actor, domain=domain)
        messages.success(request, _("“%(name)s” is released; it leads nobody here now.") % {"name": domain.name})
        return redirect(request, _list(request, "domains"))
    return _show_list(request, domain_id=domain.pk, refused=refused)


@_MANAGE
@require_POST
def provider_draft(request: PortalRequest, tenant: str) -> HttpResponse:
    form = DraftForm(request.POST)
    if form.is_valid():
        with refusals_on(form):
            provider = services.single_sign_on.draft_provider(actor=request.actor, **form.cleaned_data, now=now())
            return redirect(request, _detail(request, provider.pk))
    return _show_list(request, draft_form=form)


@_MANAGE
@sensitive_post_parameters("client_secret")
@require_POST
def openid_add(request: PortalRequest, tenant: str) -> HttpResponse:
    form = OpenIDForm(request.POST)
    if form.is_valid():
        with refusals_on(form):
            provider = services.single_sign_on.add_openid_provider(actor=request.actor, **form.cleaned_data, now=now())
            return _added(request, provider)
    return _show_list(request, openid_form=form)


@_MANAGE
@require_POST
def saml_add(request: PortalRequest, tenant: str) -> HttpResponse:
    form = SamlForm(request.POST, request.FILES)
    if form.is_valid():
        with refusals_on(form):
            provider = services.single_sign_on.add_saml_provider(actor=request.actor, **form.cleaned_data, now=now())
            return _added(request, provider)
    return _show_list(request, saml_form=form)


@_MANAGE
@sensitive_post_parameters("client_secret")
@never_cache
def provider_detail(request: PortalRequest, tenant: str, provider_id: UUID) -> HttpResponse:
    alone(request)
    provider = selectors.get_identity_provider(actor=request.actor, provider_id=provider_id)
    if provider.is_draft:
        return show_draft(request, provider)
    form, lines = _forms(request, provider)
    if request.method == "POST" and form.is_valid() and lines.is_valid():
        with refusals_on(form):
            services.single_sign_on.edit_provider(actor=request.actor, provider=provider, **_words(form, lines))
            messages.success(request, _("Saved."))
            return redirect(request, request.path)
    return _show_provider(request, provider, form=form, lines=lines)


@_MANAGE
@require_GET
def provider_test(request: PortalRequest, tenant: str, provider_id: UUID) -> HttpResponse:
    """A real sign-in whose end is looked at and opens nothing."""
    provider = selectors.get_identity_provider(actor=request.actor, provider_id=provider_id)
    policies.check_is_complete(provider)
    return send_there(request, provider, request.tenant, next_url=request.path, testing=True)


@_MANAGE
@require_POST
def provider_refresh(request: PortalRequest, tenant: str, provider_id: UUID) -> HttpResponse:
    provider = selectors.get_identity_provider(actor=request.actor, provider_id=provider_id)
    form = MetadataForm(request.POST, request.FILES)
    needs_file = provider.kind == provider.Kind.SAML
    if not needs_file or form.is_valid():
        metadata = form.cleaned_data["metadata"] if needs_file else b""
        with refusals_on(form):
            services.single_sign_on.refresh_provider(actor=request.actor, provider=provider, metadata=metadata)
            messages.success(request, _("Updated from the provider."))
            return redirect(request, _detail(request, provider_id))
    return _show_provider(request, provider, metadata_form=form)


@_MANAGE
@require_POST
def provider_enable(request: PortalRequest, tenant: str, provider_id: UUID) -> HttpResponse:
    provider = selectors.get_identity_provider(actor=request.actor, provider_id=provider_id)
    refused = asked()
    with refusals_on(refused):
        services.single_sign_on.enable_provider(actor=request.actor, provider=provider, now=now())
        messages.success(request, _("“%(name)s” is enabled.") % {"name": provider.name})
        return redirect(request, _detail(request, provider_id))
    return _show_provider(request, provider, refused=refused)


@_MANAGE
@require_POST
def provider_disable(request: PortalRequest, tenant: str, provider_id: UUID) -> HttpResponse:
    provider = selectors.get_identity_provider(actor=request.actor, provider_id=provider_id)
    services.single_sign_on.disable_provider(actor=request.actor, provider=provider)
    messages.success(
        request, _("“%(name)s” is disabled; whoever came in by it is signed out.") % {"name": provider.name}
    )
    return redirect(request, _detail(request, provider_id))


@_MANAGE
@require_POST
def provider_remove(request: PortalRequest, tenant: str, provider_id: UUID) -> HttpResponse:
    provider = selectors.get_identity_provider(actor=request.actor, provider_id=provider_id)
    offer_restore(request, services.single_sign_on.remove_provider(actor=request.actor, provider=provider, now=now()))
    return redirect(request, _list(request, "providers"))


@_MANAGE
@never_cache
@require_POST
def scim_token_make(request: PortalRequest, tenant: str, provider_id: UUID) -> HttpResponse:
    provider = selectors.get_identity_provider(actor=request.actor, provider_id=provider_id)
    form, text = ScimTokenForm(request.POST), ""
    if form.is_valid():
        lives = timedelta(days=form.cleaned_data["days"])
        _row, text = services.provisioning.create_scim_token(
            actor=request.actor, provider=provider, lives=lives, now=now()
        )
    return _show_provider(request, provider, scim_form=form, token=text)


@_MANAGE
@require_POST
def scim_token_revoke(request: PortalRequest, tenant: str, provider_id: UUID, token_id: UUID) -> HttpResponse:
    provider = selectors.get_identity_provider(actor=request.actor, provider_id=provider_id)
    token = selectors.get_scim_token(
        actor=request.actor, purpose=services.single_sign_on.scim_purpose(provider.pk), token_id=token_id
    )
    services.revoke_token(actor=request.actor, token=token, now=now())
    messages.success(request, _("The token “%(name)s” is revoked.") % {"name": token.name})
    return redirect(request, _detail(request, provider_id) + "#scim")


def _show_list(request: PortalRequest, **forms: Any) -> HttpResponse:
    domains = list(selectors.email_domains(actor=request.actor))
    context: dict[str, Any] = {
        "domains": [(domain, record_of(domain)) for domain in domains],
        "proven": sum(domain.proven_at is not None for domain in domains),
        "providers": list(selectors.identity_providers(actor=request.actor)),
        "refused_id": forms.get("domain_id"),
        "refused": forms.get("refused"),
        "domain_form": forms.get("domain_form") or DomainForm(),
        "draft_form": forms.get("draft_form") or DraftForm(),
        "openid_form": forms.get("openid_form") or OpenIDForm(),
        "saml_form": forms.get("saml_form") or SamlForm(),
        "tabs": tabs(request, "single_sign_on"),
    }
    return render_page(request, "tenants/sso_list.html", status=422 if _refused(forms) else 200, **context)


def _show_provider(request: PortalRequest, provider: Any, *, token: str = "", **given: Any) -> HttpResponse:
    form, lines = (given["form"], given["lines"]) if "form" in given else _forms(request, provider, fresh=True)
    is_openid = provider.kind == provider.Kind.OIDC
    purpose = services.single_sign_on.scim_purpose(provider.pk)
    context: dict[str, Any] = {
        "provider": provider,
        "is_openid": is_openid,
        "guides": guides_of(provider.kind),
        "facts": facts_of(request.tenant.slug, provider),
        "kept_until": would_be_kept(),
        "form": form,
        "lines": lines,
        "roles": ROLE_SAYS.items(),
        "refused": given.get("refused"),
        "metadata_form": given.get("metadata_form") or MetadataForm(),
        "tested": _tested(request, provider),
        "scim_form": given.get("scim_form") or ScimTokenForm(),
        "scim_tokens": selectors.scim_tokens(actor=request.actor, purpose=purpose, now=now()),
        "scim_base": [{"name": _("Tenant URL"), "code": f"{settings.SANAD_PUBLIC_URL}/scim/v2/{request.tenant.slug}"}],
        "token": [{"name": _("Token"), "code": token}] if token else [],
        "history": history(request.actor, ("identity_provider", provider.pk), names=selectors.names_of),
        "tabs": tabs(request, "single_sign_on"),
    }
    return render_page(request, "tenants/sso_detail.html", status=422 if _refused(given) else 200, **context)


def _forms(request: PortalRequest, provider: Any, *, fresh: bool = False) -> tuple[ProviderForm, Any]:
    """The form of the provider's words and that of its mapping, as they stand or as they were sent."""
    sent = request.POST if request.method == "POST" and not fresh else None
    found = services.single_sign_on.settings_of(provider)
    initial = {
        "default_role": provider.default_role,
        "makes_members": provider.makes_members,
        "vouches_for_email": provider.vouches_for_email,
        "only_way_in": provider.only_way_in,
        "email": found.claims.get("email", ""),
        "display_name": found.claims.get("name", ""),
        "groups": found.claims.get("groups", ""),
    }
    form = ProviderForm(sent, initial=initial, is_openid=provider.kind == provider.Kind.OIDC)
    names = selectors.group_names(actor=request.actor)
    lines = MappingForms(sent, initial=provider.mapping, prefix="line", form_kwargs={"groups": names})
    return form, lines


def _words(form: ProviderForm, lines: Any) -> dict[str, Any]:
    said = form.cleaned_data
    kept = [line.cleaned_data for line in lines if line.cleaned_data.get("external")]
    return {
        "default_role": said["default_role"],
        "mapping": [services.single_sign_on.Line(line["external"], line["role"], line["group"]) for line in kept],
        "makes_members": said["makes_members"],
        "vouches_for_email": said.get("vouches_for_email", False),
        "only_way_in": said["only_way_in"],
        "claims": form.claims,
        "client_secret": said.get("client_secret", ""),
    }


def _tested(request: PortalRequest, provider: Any) -> dict[str, Any] | None:
    found = request.session.get(TESTED)
    return found if found and found["provider"] == str(provider.pk) else None


def _added(request: PortalRequest, provider: Any) -> HttpResponse:
    messages.success(
        request, _("“%(name)s” is added. Copy our address over there, then test it.") % {"name": provider.name}
    )
    return redirect(request, _detail(request, provider.pk))


def _refused(forms: dict[str, Any]) -> bool:
    return any(getattr(form, "errors", None) and any(form.errors) for form in forms.values())


def _list(request: PortalRequest, part: str) -> str:
    return reverse("tenants:provider_list", args=[request.tenant.slug]) + f"#{part}"


def _detail(request: PortalRequest, provider_id: UUID) -> str:
    return reverse("tenants:provider_detail", args=[request.tenant.slug, provider_id])
