"""SCIM 2.0 (RFC 7643, RFC 7644) at /scim/v2/<tenant>/: users and groups, kept up to date by an identity provider."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from apps.tenants.selectors.provisioning import Provisioner
from apps.tenants.services import provisioning
from foundation import access, refusals
from foundation.access.actors import admit
from foundation.clock import now
from foundation.errors import PortalError
from foundation.identity import tokens
from foundation.refusals import Asked
from foundation.tenancy import require_keys
from foundation.web.requests import address_of

_OPEN = access.public("Identity providers have no session: a SCIM token of the tenant in the address is what opens it.")


def scim(**methods: str) -> Any:
    """One address of SCIM: what of scim_answers answers each method, behind the token, in the tenant's scope."""

    @_OPEN
    @csrf_exempt
    def view(request: HttpRequest, tenant: str, **at: Any) -> HttpResponse:
        # SCIM's models take a second to load: the first provider that calls waits for it, and no start of the portal.
        from apps.tenants.views import scim_answers as answers

        try:
            by = _provisioner(request)
        except PortalError as refusal:
            return answers.refused(refusal.status, refusal.sentence)
        if by is None or by.actor.tenant.slug != tenant:
            if by is not None:
                provisioning.note_provisioning_refused(by=by, reason="other_tenant", status=401)
            return answers.refused(401, _("This token opens no SCIM at this address."))
        name = methods.get(str(request.method))
        if name is None:
            return answers.refused(405, _("This address does not know the method."))
        return answers.answered(request, by, getattr(answers, name), at)

    view.__name__ = view.__qualname__ = next(iter(methods.values()))
    return view


def _provisioner(request: HttpRequest) -> Provisioner | None:
    kind, _space, given = request.headers.get("Authorization", "").partition(" ")
    moment, text = now(), given.strip()
    if kind.lower() != "bearer" or not text:
        return None
    row = tokens.find_token(text, now=moment)
    if row is None:
        refusals.note_token_of(tokens.digest_of(text), _asked(request, 401, "unauthenticated"))
        return None
    by = provisioning.provisioner_of(row=row, request_id=getattr(request, "request_id", ""))
    if by is None:
        refusals.note_token(row, _asked(request, 401, "unauthenticated"))
        return None
    try:
        admit(row, address=address_of(request) or None, standing=require_keys, now=moment)
    except PortalError as refusal:
        if refusals.is_recorded(refusal.status, refusal.slug):
            refusals.note_token(row, _asked(request, refusal.status, refusal.slug))
        raise
    return by


def _asked(request: HttpRequest, status: int, reason: str) -> Asked:
    """All of SCIM is one route: what lies below names people and groups."""
    return Asked.at("scim/v2/", method=str(request.method), status=status, reason=reason)


config = scim(GET="show_config")
types = scim(GET="list_types")
type_detail = scim(GET="show_type")
schemas = scim(GET="list_schemas")
schema_detail = scim(GET="show_schema")
users = scim(GET="list_users", POST="make_user")
user_detail = scim(GET="show_user", PUT="replace_user", PATCH="patch_user", DELETE="take_user")
groups = scim(GET="list_groups", POST="make_group")
group_detail = scim(GET="show_group", PUT="replace_group", PATCH="patch_group", DELETE="take_group")
