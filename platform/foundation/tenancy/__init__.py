"""Tenants and the scope in which their rows can be seen."""

from foundation.tenancy.scoping import current_tenant_id, every_tenant, find_tenant, scope
from foundation.tenancy.standing import KeyDestroyed, KeyWithdrawn, require_keys

__all__ = [
    "KeyDestroyed",
    "KeyWithdrawn",
    "current_tenant_id",
    "every_tenant",
    "find_tenant",
    "require_keys",
    "scope",
]
