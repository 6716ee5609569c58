"""Who may do what: roles, permissions, grants (guardian, wrapped once) and the marks on routes."""

from foundation.access.archives import ProjectArchived
from foundation.access.checks import (
    Inside,
    Lacking,
    Verdict,
    ask,
    can,
    can_somewhere,
    granted_in,
    lacking,
    reads_own,
    require,
    require_not_archived,
    require_operator,
    require_own,
    require_somewhere,
    require_somewhere_or_own,
    visible,
)
from foundation.access.freshness import StepUpRequired, fresh, require_fresh
from foundation.access.permissions import TENANT_WIDE, Permission, Role
from foundation.access.routes import declared, operator, own, page, public

__all__ = [
    "TENANT_WIDE",
    "Inside",
    "Lacking",
    "Permission",
    "ProjectArchived",
    "Role",
    "StepUpRequired",
    "Verdict",
    "ask",
    "can",
    "can_somewhere",
    "declared",
    "fresh",
    "granted_in",
    "lacking",
    "operator",
    "own",
    "page",
    "public",
    "reads_own",
    "require",
    "require_fresh",
    "require_not_archived",
    "require_operator",
    "require_own",
    "require_somewhere",
    "require_somewhere_or_own",
    "visible",
]
