"""Tenants and the scope in which their rows can be seen."""

from foundation.tenancy.scoping import (
    current_tenant_id,
    every_tenant,
    figures_of_all,
    find_tenant,
    places_in,
    scope,
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

__all__ = [
    "KeyDestroyed",
    "KeyWithdrawn",
    "TenantDeleted",
    "TenantSuspended",
    "current_tenant_id",
    "every_tenant",
    "figures_of_all",
    "find_tenant",
    "lock_of",
    "places_in",
    "require_keys",
    "require_open",
    "scope",
    "why_closed",
    "why_locked",
]
