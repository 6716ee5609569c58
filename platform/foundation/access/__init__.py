"""Who may do what: roles, permissions, grants (guardian, wrapped once) and the marks on routes."""

from foundation.access.checks import Inside, Verdict, ask, can, require
from foundation.access.permissions import TENANT_WIDE, Permission, Role
from foundation.access.routes import declared, own, page, public

__all__ = [
    "TENANT_WIDE",
    "Inside",
    "Permission",
    "Role",
    "Verdict",
    "ask",
    "can",
    "declared",
    "own",
    "page",
    "public",
    "require",
]
