"""What people, tokens and bills have to do with a project that is deleted."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from apps.tenants.choices import BinKind
from apps.tenants.models import BinnedThing
from apps.tenants.services.tokens import revoke_row
from foundation import live
from foundation.access.models import GroupMember, ProjectRole, UserGrant
from foundation.clock import database_now
from foundation.identity import Actor
from foundation.identity.models import ApiToken


def close_project(*, actor: Actor, project_id: UUID, since: datetime) -> int:
    """Void for good the tokens that open this project alone, in the gateway too; how many that were `since` then.

    Open pages of whoever holds a role or a grant in it are read anew. The gateway asks for digests and not for rows,
    which go with the project's.
    """
    mine = {"tenant_id": actor.tenant_id, "project_id": project_id}
    rows = ApiToken.objects.filter(**mine)
    for row in rows.select_for_update(of=("self",)).filter(revoked_at=None).order_by("pk"):
        revoke_row(actor, row, database_now())
    for user_id in _people_of(actor.tenant_id, project_id):
        live.disconnect(user_id=user_id, sentence=_("Your permissions changed; reload the page."))
    return rows.filter(revoked_at__gte=since).count()


def _people_of(tenant_id: UUID, project_id: UUID) -> set[UUID]:
    roles = ProjectRole.objects.filter(tenant_id=tenant_id, project_id=project_id)
    through_groups = GroupMember.objects.filter(tenant_id=tenant_id, group__in=roles.values("group_id"))
    granted = UserGrant.objects.filter(tenant_id=tenant_id, object_pk=str(project_id))
    return {
        *roles.exclude(user=None).values_list("user_id", flat=True),
        *through_groups.values_list("user_id", flat=True),
        *granted.values_list("user_id", flat=True),
    }


def drop_binned_of_project(*, tenant_id: UUID, project_id: UUID) -> int:
    """Webhooks in the bin that were told of its events alone: nothing could restore them; how many there were.

    What else lies there of the project goes with the project's rows.
    """
    rows = BinnedThing.objects.filter(tenant_id=tenant_id, kind=BinKind.WEBHOOK, kept__project=str(project_id))
    return rows.delete()[0]


def drop_grants_of_project(*, tenant_id: UUID, project_id: UUID) -> int:
    """Single grants in the project, which name it by a text; how many there were."""
    return UserGrant.objects.filter(tenant_id=tenant_id, object_pk=str(project_id)).delete()[0]
