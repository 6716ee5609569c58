"""How far an account reaches: it is one for all tenants of a person."""

from __future__ import annotations

from uuid import UUID

from foundation.access.models import Membership
from foundation.identity.models import User
from foundation.tenancy import scope


def is_account_of(*, user: User, tenant_id: UUID) -> bool:
    """Whether the account opens this tenant by itself and nothing else; a place that is suspended counts as well."""
    if user.is_operator:
        return False
    with scope(None, user_id=user.pk):
        places = list(Membership.objects.filter(user=user))
    return [place.tenant_id for place in places] == [tenant_id] and not places[0].vouched
