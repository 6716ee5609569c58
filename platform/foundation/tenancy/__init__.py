"""Tenants and the scope in which their rows can be seen."""

from foundation.tenancy.scoping import current_tenant_id, every_tenant, find_tenant, scope

__all__ = ["current_tenant_id", "every_tenant", "find_tenant", "scope"]
