"""Actors out of sessions, tokens and job rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from foundation.access import archives, grants, guests
from foundation.access.models import Membership
from foundation.access.permissions import Role
from foundation.access.places import place_of
from foundation.errors import AccessDenied, NotFound, PortalError
from foundation.identity import Actor, tokens
from foundation.identity.models import ApiToken, ServiceAccount, User
from foundation.identity.ways import Way
from foundation.tenancy import find_row, scope
from foundation.tenancy.models import Tenant

ANYWHERE = "*"
_NOT_A_MEMBER = "There is no such tenant, or you are not a member of it."


def actor_for_user(*, user: User, tenant: Tenant, request_id: str = "", way: Way | None = None) -> Actor:
    """The person as a member of the tenant, with all that they hold there, in one query; NotFound for anybody else.

    `way` is how their session was begun, where they come by one: a provider of another tenant opens nothing here, and
    AccessDenied says so where the tenant lets people in by its own provider alone.
    """
    with scope(tenant.pk, user_id=user.pk):
        return _member(user, tenant, request_id, way)


def _member(user: User, tenant: Tenant, request_id: str, way: Way | None) -> Actor:
    """As above, in the scope of the tenant and of the person."""
    membership = place_of(user=user, tenant=tenant)
    guest = None if membership else guests.admit(user=user, tenant=tenant, request_id=request_id, way=way)
    if guest is not None:
        return replace(guest, **archives.in_tenant(tenant.pk))
    if membership is None or not user.is_active or (way is not None and not way.opens(tenant.pk)):
        raise NotFound(_NOT_A_MEMBER)
    if way is not None and (membership.provider_only or membership.vouched):  # type: ignore[attr-defined]  # annotated
        _require_provider(way, membership)
    return Actor(
        kind="user",
        id=user.pk,
        tenant=tenant,
        label=str(user),
        user=user,
        role=membership.role,
        grants=grants.by_project(membership.granted, membership.roles),  # type: ignore[attr-defined]  # annotations
        **archives.brought_by(membership),
        request_id=request_id,
        by_provider=way is not None and way.tenant_id is not None,
    )


def _require_provider(way: Way, membership: Membership) -> None:
    """Administrators keep a way in for the day on which the provider is down: with a second factor of the portal.

    Not those whom the provider brought: it alone has said who they are.
    """
    by_themselves = membership.role == Role.ADMIN and way.second_factor and not membership.vouched
    if way.tenant_id is not None or by_themselves:
        return
    raise AccessDenied(
        _(
            "This organisation lets people in by its identity provider alone. Sign out, write your e-mail on the"
            " sign-in page and continue with the provider; an administrator may also use their password with a second"
            " factor."
        )
    )


def actor_for_token(*, row: ApiToken, address: str | None, request_id: str = "") -> Actor:
    """The token's owner, limited to what the token was made for; AccessDenied from a place that it does not open from.

    `address` is the caller's; ANYWHERE says that whoever asks looks at the place itself.
    """
    if address != ANYWHERE and not tokens.opens_from(row, address):
        raise AccessDenied(_beyond_networks(row) % {"address": address or _("a program that runs inside the portal")})
    with scope(row.tenant_id, user_id=row.user_id):
        tenant = find_row(Tenant, id=row.tenant_id)
        if tenant is None:
            raise NotFound(_NOT_A_MEMBER)
        account = _program(row.service_account_id)
        if row.user is not None:
            owner = _member(row.user, tenant, "", None)
        elif account is not None:
            owner = _acting(account, tenant)
        else:
            owner = Actor("workload", row.pk, tenant, row.name, **archives.in_tenant(tenant.pk))
    return replace(
        owner,
        scopes=frozenset(row.scopes),
        project_id=row.project_id,
        token_id=row.pk,
        purpose=row.purpose,
        request_id=request_id,
    )


def _beyond_networks(row: ApiToken) -> str:
    if row.service_account_id is not None:
        return _(
            "This token may not be used from %(address)s. An administrator makes another on the page of its service "
            "account, under Settings, Service accounts."
        )
    return _("This token may not be used from %(address)s. Its owner says from where under Settings, Tokens.")


def admit(
    row: ApiToken,
    *,
    address: str | None,
    standing: Callable[[Tenant], None],
    now: datetime,
    tenant_slug: str = "",
    request_id: str = "",
) -> Actor:
    """The owner of a token that a door was shown, after every check that all doors make; its use is noted.

    `standing` is what the door asks of the tenant: `require_keys` where anything of it is opened, `by_route` where the
    route is found later and says it. `tenant_slug` is the tenant that the address names, where it names one. A door
    that looks itself from where each caller comes (ANYWHERE) notes the use itself, too. A refusal has in `asker` whose
    the token is, as far as that was found.
    """
    actor = actor_for_token(row=row, address=address, request_id=request_id)
    try:
        if tenant_slug and actor.tenant.slug != tenant_slug:
            raise NotFound(_NOT_A_MEMBER)
        standing(actor.tenant)
    except PortalError as refusal:
        refusal.asker = actor
        raise
    if address != ANYWHERE:
        tokens.note_use(row, address=address, now=now)
    return actor


def by_route(_tenant: Tenant) -> None:
    """The door asks for the tenant's standing itself, once it knows the route: some lead to the tenant's key."""


def rebuild_actor(*, tenant: Tenant, kind: str, actor_id: UUID | None, request_id: str = "") -> Actor:
    """The actor that a job row names, with the rights they have now."""
    if kind == "user" and actor_id is not None:
        user = User.objects.filter(pk=actor_id).first()
        if user is None:
            raise NotFound(_("The person who asked for this is no more."))
        return actor_for_user(user=user, tenant=tenant, request_id=request_id)
    if kind == "service" and actor_id is not None:
        with scope(tenant.pk):
            account = _program(actor_id)
        if account is None:
            raise NotFound(_("The service account that asked for this is no more."))
        return _acting(account, tenant).with_request(request_id)
    return Actor.system(tenant).with_request(request_id)


def _program(account_id: UUID | None) -> ServiceAccount | None:
    """The service account with its roles in projects, and which of those are archived."""
    if account_id is None:
        return None
    return ServiceAccount.objects.filter(pk=account_id).annotate(**grants.of_program(), **archives.of_tenant()).first()


def _acting(account: ServiceAccount, tenant: Tenant) -> Actor:
    if account.disabled_at is not None:
        raise AccessDenied(_("This service account is disabled; a tenant administrator can enable it."))
    held = grants.by_project([], account.roles)  # type: ignore[attr-defined]  # the annotation of _program
    return Actor(
        "service", account.pk, tenant, account.name, role=account.role, grants=held, **archives.brought_by(account)
    )


def memberships_of(user: User) -> list[Membership]:
    """The tenants a person belongs to."""
    with scope(None, user_id=user.pk):
        found = list(Membership.objects.filter(user=user, suspended_at=None))
    for membership in found:
        with scope(membership.tenant_id):
            membership.tenant = Tenant.objects.get(pk=membership.tenant_id)
    return found
