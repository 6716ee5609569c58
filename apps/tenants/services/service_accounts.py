"""Service accounts: programs with a role of their own, that stay when the person who set them up has gone."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from apps.tenants import policies
from apps.tenants.events import (
    ServiceAccountCreated,
    ServiceAccountDisabled,
    ServiceAccountEnabled,
    ServiceAccountRoleChanged,
)
from apps.tenants.services.tokens import make_token, revoke_tokens_of_account
from foundation import access, ledger
from foundation.errors import Conflict, Invalid
from foundation.identity import Actor
from foundation.identity.models import ApiToken, ServiceAccount


@transaction.atomic
def create_service_account(*, actor: Actor, name: str, role: str) -> ServiceAccount:
    """A program of the tenant; it opens nothing until it is given a token."""
    policies.check_can_manage_service_accounts(actor)
    access.require_fresh(actor)
    name = name.strip()
    if not name:
        raise Invalid(_("A service account needs a name."), fields={"name": [_("Say which program it is.")]})
    checked = policies.check_role_of_program(role)
    try:
        with transaction.atomic():
            account = ServiceAccount.objects.create(tenant=actor.tenant, name=name, role=checked)
    except IntegrityError as error:
        sentence = _("There is a service account “%(name)s” already.") % {"name": name}
        raise Conflict(sentence, details={"field": "name"}) from error
    created = ServiceAccountCreated(service_account_id=account.pk, role=checked)
    ledger.record(created, actor=actor, subject=("service_account", account.pk))
    return account


@transaction.atomic
def change_role_of_service_account(*, actor: Actor, account: ServiceAccount, role: str) -> ServiceAccount:
    """Its tokens stay: what they may do is asked of the role anew with each use."""
    policies.check_can_manage_service_accounts(actor)
    access.require_fresh(actor)
    checked, account = policies.check_role_of_program(role), _locked(account)
    if checked != account.role:
        changed = ServiceAccountRoleChanged(service_account_id=account.pk, before=account.role, after=checked)
        account.role = checked
        account.save(update_fields=["role"])
        ledger.record(changed, actor=actor, subject=("service_account", account.pk))
    return account


@transaction.atomic
def disable_service_account(*, actor: Actor, account: ServiceAccount, now: datetime) -> ServiceAccount:
    """From within a second on it opens nothing: each of its tokens is void, for good."""
    policies.check_can_manage_service_accounts(actor)
    account = _locked(account)
    if account.disabled_at is None:
        account.disabled_at = now
        account.save(update_fields=["disabled_at"])
        revoked = revoke_tokens_of_account(actor=actor, account_id=account.pk, now=now)
        disabled = ServiceAccountDisabled(service_account_id=account.pk, tokens_revoked=revoked)
        ledger.record(disabled, actor=actor, subject=("service_account", account.pk))
    return account


@transaction.atomic
def enable_service_account(*, actor: Actor, account: ServiceAccount) -> ServiceAccount:
    """It may be given new tokens; those of before stay void."""
    policies.check_can_manage_service_accounts(actor)
    account = _locked(account)
    if account.disabled_at is not None:
        account.disabled_at = None
        account.save(update_fields=["disabled_at"])
        ledger.record(
            ServiceAccountEnabled(service_account_id=account.pk),
            actor=actor,
            subject=("service_account", account.pk),
        )
    return account


@transaction.atomic
def create_service_token(
    *,
    actor: Actor,
    account: ServiceAccount,
    name: str,
    scopes: Collection[str],
    expires_at: datetime | None,
    now: datetime,
    project_id: UUID | None = None,
    networks: Collection[str] = (),
) -> tuple[ApiToken, str]:
    """A token of a service account, and its one readable copy; it may do what both its role and its scopes say."""
    policies.check_can_manage_service_accounts(actor)
    account = _locked(account)
    if account.disabled_at is not None:
        raise Conflict(_("“%(name)s” is disabled; enable it before it is given a token.") % {"name": account.name})
    given: dict[str, Any] = {
        "name": name,
        "scopes": scopes,
        "expires_at": expires_at,
        "project_id": project_id,
        "networks": networks,
    }
    return make_token(actor=actor, service_account=account, now=now, **given)


def _locked(account: ServiceAccount) -> ServiceAccount:
    return ServiceAccount.objects.select_for_update().get(pk=account.pk)
