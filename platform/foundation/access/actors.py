"""Actors out of sessions, tokens and job rows."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from django.utils.translation import gettext as _

from foundation.access import grants
from foundation.access.models import Membership
from foundation.errors import AccessDenied, NotFound
from foundation.identity import Actor, tokens
from foundation.identity.models import ApiToken, ServiceAccount, User
from foundation.tenancy import scope
from foundation.tenancy.models import Tenant

ANYWHERE = "*"
_NOT_A_MEMBER = "There is no such tenant, or you are not a member of it."


def actor_for_user(*, user: User, tenant: Tenant, request_id: str = "") -> Actor:
    """The person as a member of the tenant; NotFound where they are none. One query for role, one for grants."""
    with scope(tenant.pk, user_id=user.pk):
        membership = Membership.objects.filter(user=user, tenant=tenant).first()
        if membership is None or not user.is_active:
            raise NotFound(_NOT_A_MEMBER)
        granted = grants.held_by(user)
    return Actor(
        kind="user",
        id=user.pk,
        tenant=tenant,
        label=str(user),
        user=user,
        role=membership.role,
        grants=granted,
        request_id=request_id,
    )


def actor_for_token(*, row: ApiToken, address: str | None, request_id: str = "") -> Actor:
    """The token's owner, limited to what the token was made for; AccessDenied from a place that it does not open from.

    `address` is the caller's; ANYWHERE says that whoever asks looks at the place itself.
    """
    if address != ANYWHERE and not tokens.opens_from(row, address):
        raise AccessDenied(
            _("This token may not be used from %(address)s. Its owner says from where under Settings, Tokens.")
            % {"address": address or _("a program that runs inside the portal")}
        )
    with scope(row.tenant_id):
        tenant = Tenant.objects.get(pk=row.tenant_id)
        account = row.service_account
        user = row.user
    if user is not None:
        owner = actor_for_user(user=user, tenant=tenant)
    elif account is not None:
        _check_enabled(account)
        owner = Actor("service", account.pk, tenant, account.name, role=account.role)
    else:
        owner = Actor("workload", row.pk, tenant, row.name)
    return replace(
        owner,
        scopes=frozenset(row.scopes),
        project_id=row.project_id,
        token_id=row.pk,
        purpose=row.purpose,
        request_id=request_id,
    )


def rebuild_actor(*, tenant: Tenant, kind: str, actor_id: UUID | None, request_id: str = "") -> Actor:
    """The actor that a job row names, with the rights they have now."""
    if kind == "user" and actor_id is not None:
        user = User.objects.get(pk=actor_id)
        return actor_for_user(user=user, tenant=tenant, request_id=request_id)
    if kind == "service" and actor_id is not None:
        with scope(tenant.pk):
            account = ServiceAccount.objects.get(pk=actor_id)
        _check_enabled(account)
        return Actor("service", account.pk, tenant, account.name, role=account.role, request_id=request_id)
    return Actor.system(tenant).with_request(request_id)


def _check_enabled(account: ServiceAccount) -> None:
    if account.disabled_at is not None:
        raise AccessDenied(_("This service account is disabled; a tenant administrator can enable it."))


def memberships_of(user: User) -> list[Membership]:
    """The tenants a person belongs to."""
    with scope(None, user_id=user.pk):
        found = list(Membership.objects.filter(user=user))
    for membership in found:
        with scope(membership.tenant_id):
            membership.tenant = Tenant.objects.get(pk=membership.tenant_id)
    return found
