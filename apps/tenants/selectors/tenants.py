"""The tenant itself, as its own people read it."""

from __future__ import annotations

from django.utils.translation import gettext as _

from apps.tenants.choices import PLAN_QUOTAS
from apps.tenants.models import Quota
from foundation import access
from foundation.access import Permission
from foundation.identity import Actor
from foundation.tenancy import zones
from foundation.tenancy.choices import Plan
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


def plan_laid(*, actor: Actor) -> str:
    """What the plan set, and whether it still holds: for whoever wonders what limits them."""
    access.require(actor, Permission.TENANT_MANAGE)
    most = PLAN_QUOTAS[Plan(actor.tenant.plan)]
    quota = Quota.objects.filter(tenant_id=actor.tenant_id, project_id=None).first()
    if not most and quota:
        return _("The plan set no quotas; those under Quotas were set since.")
    if not most:
        return _("The plan set no quotas: nothing limits what is used at a time until somebody sets some under Quotas.")
    if quota is None:
        return _("The plan set quotas, which were removed since: nothing limits what is used at a time.")
    if all(getattr(quota, name) == value for name, value in most.items()):
        return _("The plan set the quotas that stand under Quotas.")
    return _("The plan set the first quotas; those under Quotas were changed since.")
