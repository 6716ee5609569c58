"""What people, tokens and bills have to do with a project that is deleted."""

from __future__ import annotations

from uuid import UUID

from foundation.access.models import UserGrant
from foundation.clock import database_now
from foundation.identity import tokens
from foundation.identity.models import ApiToken


def revoke_tokens_of_project(*, tenant_id: UUID, project_id: UUID) -> int:
    """Void for good those that open this project alone, in the gateway too; how many there were.

    The gateway asks for digests and not for rows, which go with the project's.
    """
    live = list(ApiToken.objects.filter(tenant_id=tenant_id, project_id=project_id, revoked_at=None))
    for row in live:
        tokens.revoke(row, now=database_now())
    return len(live)


def drop_grants_of_project(*, tenant_id: UUID, project_id: UUID) -> int:
    """Single grants in the project, which name it by a text; how many there were."""
    return UserGrant.objects.filter(tenant_id=tenant_id, object_pk=str(project_id)).delete()[0]
