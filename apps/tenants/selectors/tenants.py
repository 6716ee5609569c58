"""The tenant itself, as its own people read it."""

from __future__ import annotations

from django.utils.translation import gettext as _

from foundation import access
from foundation.access import Permission
from foundation.identity import Actor
from foundation.tenancy import zones
from foundation.tenancy.models import Tenant


def zone_is_allowed(*, tenant: Tenant, zone: str | None = None) -> bool:
    """Whether the tenant's data may lie in the zone, or here where none is given: what uploads and transfers ask."""
    return zones.zone_is_allowed(tenant, zone)


def zone_trouble(*, actor: Actor) -> str:
    """For administrators: the sentence where the tenant does not allow its data to lie where the portal is."""
    if not access.can(actor, Permission.TENANT_MANAGE) or zones.zone_is_allowed(actor.tenant):
        return ""
    return _(
        "This portal stands in %(zone)s, and the organisation does not allow its data there: nothing new can be "
        "uploaded. Add the zone, or export what lies here and leave."
    ) % {"zone": zones.zone_name(zones.here())}
