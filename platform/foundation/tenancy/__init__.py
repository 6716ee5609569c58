"""Tenants and the scope in which their rows can be seen."""

from foundation.tenancy.looking_up import find_row
from foundation.tenancy.scoping import (
    current_tenant_id,
    every_tenant,
    failed_sign_ins,
    figures_of_all,
    find_tenant,
    places_in,
    reading,
    scope,
    sign_ins_of_all,
)
from foundation.tenancy.standing import (
    KeyDestroyed,
    KeyWithdrawn,
    TenantDeleted,
    TenantSuspended,
    lock_of,
    require_keys,
    require_open,
    why_closed,
    why_locked,
)
from foundation.tenancy.turns import for_each, in_each, take_turns

__all__ = [
    "KeyDestroyed",
    "KeyWithdrawn",
    "TenantDeleted",
    "TenantSuspended",
    "current_tenant_id",
    "every_tenant",
    "failed_sign_ins",
    "figures_of_all",
    "find_row",
    "find_tenant",
    "for_each",
    "in_each",
    "lock_of",
    "places_in",
    "reading",
    "require_keys",
    "require_open",
    "scope",
    "sign_ins_of_all",
    "take_turns",
    "why_closed",
    "why_locked",
]
